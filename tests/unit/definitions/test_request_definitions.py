"""A request in a template: what its items and reminders may say, and what is refused with file, line and key."""

import re

import pytest

from tasks.domain.definitions.template import Template
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model

TEMPLATE = """template: month
label: Month
applies_to: [company]
subtasks:
  - key: documents
    kind: request
    message: request_documents
    send: manual
    reminders: {reminders}
    items:
      - {item}
schedules: [{{key: monthly, anchor: start}}]
"""
ITEM = "{key: a, label: A, type: text}"


def parse(item=ITEM, reminders="gently"):
    return parse_model(Template, TEMPLATE.format(item=item, reminders=reminders), "templates/month.yaml").subtasks[0]


@pytest.mark.parametrize(
    ("written", "every_days", "most", "message", "started"),
    [
        ("gently", 7, 5, "reminder", "reminder_started"),
        ("urgently", 2, 5, "reminder", "reminder_started"),
        ("{every_days: 3, max: 2, message: again}", 3, 2, "again", "again"),
        ("{every_days: 3, max: 2, message: again, message_started: more}", 3, 2, "again", "more"),
    ],
)
def test_m4_a_rhythm_is_a_preset_or_written_out(written, every_days, most, message, started):
    rhythm = parse(reminders=written).reminders
    assert (rhythm.every_days, rhythm.max, rhythm.message, rhythm.started) == (every_days, most, message, started)


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("{key: a, label: A, type: choice}", "`options` belongs to items of type choice, and they need it"),
        ("{key: a, label: A, type: text, options: [x]}", "`options` belongs to items of type choice"),
        ("{key: a, label: A, type: choice, options: [x, x]}", "names the same option twice"),
        ("{key: a, label: A, type: choice, options: [{fr: x, nl: y}, y]}", "names the same option twice"),
        ("{key: a, label: A, type: number, check: iban}", "`check` belongs to items of type text"),
        ("{key: a, label: A, type: text, min_files: 2}", "`min_files` belongs to items of type document"),
        ("{key: a, label: A, min_files: 3, max_files: 2}", "`max_files` is less than `min_files`"),
        ("{key: a, label: A, expires: ask}", "`expires: ask` needs `field`"),
    ],
)
def test_an_item_that_contradicts_itself_is_refused(item, says):
    with pytest.raises(DefinitionError, match=re.escape(says)):
        parse(item)


@pytest.mark.parametrize(
    "rhythm", ["often", "{every_days: 3, max: 0}", "{every_days: 0, max: 3}", "{max: 13, every_days: 1}"]
)
def test_a_rhythm_that_cannot_be_kept_is_refused(rhythm):
    with pytest.raises(DefinitionError, match=r"templates/month.yaml:9: subtasks.0.reminders"):
        parse(reminders=rhythm)


@pytest.mark.parametrize("check", ["iban", "email"])
def test_d6_an_iban_or_address_that_goes_to_the_profile_is_always_reviewed(check):
    assert parse(f"{{key: a, label: A, type: text, check: {check}, field: b}}").items[0].is_sensitive
    assert not parse(f"{{key: a, label: A, type: text, check: {check}}}").items[0].is_sensitive
