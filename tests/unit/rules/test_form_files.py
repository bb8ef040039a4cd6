"""forms/NAME.yaml: what may stand there, and what is refused with file, line and key (W1)."""

import pytest

from tasks.domain.definitions.form import Form, conflicting_forms, in_order
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model

NOTICE = """\
form: appointment-notice
on: activities
order: 10
when: {notify_contact: true}
fields:
  location: required
  contact_id: required
"""


def form(text=NOTICE):
    return parse_model(Form, text, "forms/appointment-notice.yaml")


def test_a_form_is_read():
    assert form().fields == {"location": "required", "contact_id": "required"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("location: required", "lieu: required"), "activities have no field 'lieu'"),
        (("location: required", "location: needed"), "forms/appointment-notice.yaml:6: fields.location"),
        (("order: 10", "order: 10\nroles: [admin]"), "roles are not there; leave the key out"),
        (("notify_contact: true", "notify_contact: maybe"), "notify_contact holds true or false, not 'maybe'"),
        (("on: activities", "on: mails"), "forms/appointment-notice.yaml:2: on"),
        (("order: 10", "priority: 10"), "priority"),
    ],
)
def test_a_form_that_cannot_be_obeyed_is_refused_in_words(changed, said):
    with pytest.raises(DefinitionError) as refused:
        form(NOTICE.replace(*changed))
    assert said in str(refused.value)


def test_w1_forms_are_taken_by_their_order():
    late = form(NOTICE.replace("10", "20").replace("appointment-notice", "a-late-one"))
    assert [one.order for one in in_order([late, form()], "activities")] == [10, 20]


def test_two_forms_of_one_order_that_disagree_are_found():
    other = form(NOTICE.replace("location: required", "location: hidden").replace("appointment-notice", "other"))
    assert [(one.form, two.form, name) for one, two, name in conflicting_forms([form(), other])] == [
        ("appointment-notice", "other", "location")
    ]
    assert not conflicting_forms([form(), form(NOTICE.replace("10", "20").replace("required", "hidden"))])
