"""Definitions: what is taken, and errors that name file, line and key."""

import json
import re

import hypothesis.strategies as st
import jsonschema
import pytest
import yaml
from hypothesis import given

from tasks.domain.dates.frequency import NAMED, Frequency, FrequencyError
from tasks.domain.definitions.firm import Firm, firm_schema
from tasks.domain.definitions.template import Template, template_schema
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model
from tasks.validation import SUITES

TEMPLATE = """\
template: id-card
label: Carte d'identité
applies_to: [person]
subtasks:
  - key: ask
    kind: auto_email
    message: request_documents
    offset_days: -5
  - {key: process, kind: action, label: Traiter}
schedules:
  - key: renewal
    anchor: field:id_card
    plan_before_days: 20
"""
FIRM = """\
name: Cabinet
timezone: Europe/Paris
holidays: FR
sender: {name: Cabinet, email: contact@cabinet.example}
"""


def problem(model, text):
    with pytest.raises(DefinitionError) as caught:
        parse_model(model, text, "file.yaml")
    return str(caught.value)


def test_a_template_reads_with_its_defaults():
    template = parse_model(Template, TEMPLATE, "id-card.yaml")
    assert template.statuses == ["client"]
    schedule = template.schedules[0]
    assert (schedule.adjust, schedule.assign, schedule.max_overdue_days, schedule.due_offset_days) == (
        "none",
        "manual",
        365,
        0,
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("plan_before_days: 20", "plan_before_dayz: 20", "file.yaml:13: schedules.0.plan_before_dayz: unknown key"),
        (
            "plan_before_days: 20",
            "plan_before_days: twenty",
            "file.yaml:13: schedules.0.plan_before_days: write a whole number",
        ),
        ("plan_before_days: 20", "plan_before_days: -1", "file.yaml:13: schedules.0.plan_before_days"),
        ("kind: auto_email", "kind: automail", "file.yaml:6: subtasks.0.kind"),
        ("    offset_days: -5\n", "", "file.yaml:5: subtasks.0: a sub-task of kind auto_email needs `offset_days`"),
        (
            "    message: request_documents\n",
            "",
            "file.yaml:5: subtasks.0: a sub-task of kind auto_email needs `message`",
        ),
        ("anchor: field:id_card", "anchor: id_card", "file.yaml:12: schedules.0.anchor"),
        (
            "anchor: field:id_card",
            "anchor: start\n    frequency: weekly\n    month_end: last_day",
            "file.yaml:11: schedules.0: `month_end: last_day` does not go with `frequency: weekly`, which counts days",
        ),
        (
            "anchor: field:id_card",
            "anchor: mission\n    frequency: every 10 days\n    month_end: last_day",
            "file.yaml:11: schedules.0: `month_end: last_day` does not go with `frequency: every 10 days`",
        ),
        ("applies_to: [person]", "applies_to: [persons]", "file.yaml:3: applies_to.0"),
        ("applies_to: [person]", "applies_to: []", "file.yaml:3: applies_to"),
        ("key: process", "key: ask", "sub-task key ask stands twice"),
        ("label: Carte", "label: x\nlabel: Carte", "file.yaml:3: label: duplicate key"),
        ("schedules:", "schedules: [", "file.yaml:11: not valid YAML"),
        ("label: Carte d'identité", 'label: "Carte\\r\\nBcc: x"', "file.yaml:2: label"),
    ],
)
def test_a_typo_in_a_template_is_named_with_file_line_and_key(old, new, says):
    assert old in TEMPLATE
    assert says in problem(Template, TEMPLATE.replace(old, new))


def test_all_problems_of_a_file_are_told_at_once():
    text = TEMPLATE.replace("[person]", "[persons]").replace("kind: auto_email", "kind: x")
    assert len(problem(Template, text).splitlines()) == 2


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "name: !!python/object:os.system x"])
def test_what_is_no_definition_is_refused(text):
    assert problem(Template, text).startswith("file.yaml:1:")


def test_a_firm_reads_with_its_defaults():
    firm = parse_model(Firm, FIRM, "firm.yaml")
    assert (firm.language, firm.mail.too_late_days, firm.gate.max_row_drop) == ("fr", 30, 0.5)
    assert str(firm.zone) == "Europe/Paris"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Europe/Paris", "Europe/Pariss", "file.yaml:2: timezone: 'Europe/Pariss' is not a time zone"),
        ("Europe/Paris", "Europe", "file.yaml:2: timezone: 'Europe' is not a time zone"),
        ("Europe/Paris", "../Paris", "file.yaml:2: timezone: '../Paris' is not a time zone"),
        ("holidays: FR", "holidays: XX", "file.yaml:3: holidays: no public holidays are known for 'XX'"),
        ("contact@cabinet.example", "contact", "file.yaml:4: sender.email"),
    ],
)
def test_a_slip_in_firm_yaml_is_named_with_its_line(old, new, says):
    assert says in problem(Firm, FIRM.replace(old, new))


def test_an_unquoted_send_hour_means_what_it_looks_like():
    for written in ("10:30", '"10:30"'):
        firm = parse_model(Firm, FIRM + f"mail: {{send_hour: {written}}}\n", "firm.yaml")
        assert firm.mail.send_hour.isoformat() == "10:30:00"


def test_the_json_schemas_take_what_the_models_take():
    jsonschema.validate(yaml.safe_load(TEMPLATE), template_schema())
    jsonschema.validate(yaml.safe_load(FIRM), firm_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(TEMPLATE.replace("label:", "lable:")), template_schema())


REQUEST = """  - key: docs
    kind: request
    message: request_documents
    items: [{key: bank, label: Relevés}]
    send: {from: start, offset_days: 1}
    reminders: {every_days: 3, max: 5, message: again}
    on_sent: waiting_on_client
"""


def parse(subtasks="  - {key: do, kind: action, label: Do}\n", schedules="  - {key: s, anchor: mission}\n", more=""):
    text = f"template: t\nlabel: T\napplies_to: [person]\nsubtasks:\n{subtasks}schedules:\n{schedules}{more}"
    return parse_model(Template, text, "t.yaml")


def test_m4_a_request_reads_with_its_reminders_and_names_every_message_it_needs():
    template = parse(REQUEST)
    rule = template.subtasks[0].send_rule
    assert (rule.start_from, rule.offset_days) == ("start", 1)
    reminders = template.subtasks[0].reminders
    assert (reminders.every_days, reminders.max, reminders.message) == (3, 5, "again")
    assert [name for _, name in template.messages] == ["request_documents", "again", "again"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    send: {from: start, offset_days: 1}\n", "", "t.yaml:5: subtasks.0: a request needs `send`"),
        ("from: start", "from: begin", "t.yaml:9: subtasks.0.send"),
        ("kind: request", "kind: email", "`items` belongs to sub-tasks of kind request"),
        ("items: [{key: bank", "items: [{key: bank, label: A}, {key: bank", "item key bank stands twice"),
        ("every_days: 3", "every_days: 0", "subtasks.0.reminders.every_days"),
    ],
)
def test_a_slip_in_a_request_is_named(old, new, says):
    with pytest.raises(DefinitionError, match=re.escape(says)):
        parse(REQUEST.replace(old, new))


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        ("anchor: period", "`starts_on` belongs to schedules with `anchor: period`, and they need it"),
        ("anchor: start, starts_on: 2027-01-01", "`starts_on` belongs to"),
        ("anchor: start, frequency: monthyl", "'monthyl' is no frequency; write weekly"),
        ("anchor: field:id_card, frequency: monthly", "do not go with a field's expiry date"),
        ("anchor: mission, assign: all", "a mission's services say who"),
        ("anchor: period, starts_on: 2027-02-01, until: 2027-01-31", "`until` lies before `starts_on`"),
        ("anchor: missions", "schedules.0.anchor"),
    ],
)
def test_a_schedule_that_cannot_run_is_refused_in_words(schedule, says):
    with pytest.raises(DefinitionError, match=re.escape(says)):
        parse(schedules=f"  - {{key: s, {schedule}}}\n")


def test_close_when_renewed_needs_a_date_that_can_be_renewed():
    with pytest.raises(DefinitionError, match="needs a schedule anchored on a field's expiry date"):
        parse(more="close_when: renewed\n")


@given(
    st.one_of(st.sampled_from(sorted(NAMED)), st.from_regex(r"every \d{1,5} [a-z]{3,5}s?", fullmatch=True), st.text())
)
def test_the_suite_of_services_takes_the_frequencies_that_the_engine_takes(text):
    suite = json.loads((SUITES / "mission_services.json").read_text(encoding="utf-8"))
    (regex,) = (
        e["kwargs"]["regex"]
        for e in suite["expectations"]
        if e["kwargs"]["column"] == "frequency" and "match_regex" in e["type"] and "not_match" not in e["type"]
    )
    try:
        Frequency.parse(text)
    except FrequencyError:
        assert not re.fullmatch(regex, text)
    else:
        assert re.fullmatch(regex, text)
