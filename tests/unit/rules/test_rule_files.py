"""rules/NAME.yaml: what may stand there, and what is refused with file, line and key (W2)."""

import pytest

from tasks.domain.definitions.rule import Rule
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model

NOTICE = """\
rule: appointment-notice
on: activities
when_saved: always
when: {notify_contact: true}
do:
  - set: {notify_contact: false}
  - mail: {message: appointment, to: contact, from: owner}
"""


def rule(text=NOTICE):
    return parse_model(Rule, text, "rules/appointment-notice.yaml")


def test_a_rule_is_read():
    read = rule(NOTICE + "  - task: {template: prepare-meeting}\nafter: {days: -1, of: starts_at}\n")
    assert read.sets == {"notify_contact": False}
    assert [(mail.message, mail.to, mail.sender) for mail in read.mails] == [("appointment", "contact", "owner")]
    assert [task.template for task in read.tasks] == ["prepare-meeting"]
    assert read.after is not None
    assert (read.after.days, read.after.of) == (-1, "starts_at")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("{notify_contact: true}", "{notify: true}"), "activities have no field 'notify'"),
        (("{notify_contact: true}", "{notify_contact: 1}"), "notify_contact holds true or false, not 1"),
        (("notify_contact: false", "notify_contact: non"), "notify_contact holds true or false, not 'non'"),
        (("notify_contact: false", "activity_id: A2"), "a rule does not set activity_id"),
        (("notify_contact: false", "place: Gent"), "activities have no field 'place'"),
        (("  - mail", "  - set: {notify_contact: true}\n  - mail"), "it sets notify_contact to False and to True"),
        (("to: contact", "to: everybody"), "rules/appointment-notice.yaml:7: do.1.mail.to"),
        (("set: {notify_contact: false}", "note: hello"), "rules/appointment-notice.yaml:6: do.0"),
        (("when_saved: always", "when_saved: sometimes"), "rules/appointment-notice.yaml:3: when_saved"),
        (("do:", "after: {days: 1, of: location}\ndo:"), "after: location is no day and no time"),
        (("from: owner}", "from: owner}\n  - mail: {message: appointment, to: contact}"), "appointment to contact"),
    ],
)
def test_a_rule_that_cannot_be_obeyed_is_refused_in_words(changed, said):
    with pytest.raises(DefinitionError) as refused:
        rule(NOTICE.replace(*changed))
    assert said in str(refused.value)


def test_invitees_are_those_of_activities():
    with pytest.raises(DefinitionError, match="invitees"):
        rule("rule: welcome\non: relations\nwhen_saved: created\ndo:\n  - mail: {message: appointment, to: invitees}\n")


def test_a_rule_may_empty_a_field():
    assert rule(NOTICE.replace("notify_contact: false", "location: null")).sets == {"location": None}
