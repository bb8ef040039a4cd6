"""Update groups as files: what stands in them, and what is refused with file, line and key (U1)."""

import re
from datetime import date

import jsonschema
import pytest
import yaml

from factories import Office
from tasks.domain.definitions.update_group import UpdateGroup, update_group_schema
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model

GROUP = """group: papers
label: Documents de conformité
for: company
fields:
  - {field: proof_of_address, label: Justificatif de domicile, type: document, expires: ask}
  - {field: turnover, label: Chiffre d'affaires, type: number}
starts_on: 2026-01-01
frequency: quarterly
reminders: gently
"""


def parse(text: str) -> UpdateGroup:
    return parse_model(UpdateGroup, text, "update_groups/papers.yaml")


def test_a_group_is_a_template_and_a_schedule():
    template = parse(GROUP).template
    (step,), (schedule,) = template.subtasks, template.schedules
    assert (template.template, template.applies_to) == ("papers", ["company", "person"])
    assert [(item.key, item.field, item.expires, item.review) for item in step.items] == [
        ("proof_of_address", "proof_of_address", "ask", "none"),
        ("turnover", "turnover", None, "none"),
    ]
    assert (step.reminders.message, step.reminders.started) == ("update_reminder", "update_reminder")
    assert (schedule.anchor, schedule.starts_on, schedule.frequency) == ("period", date(2026, 1, 1), "quarterly")
    assert parse(GROUP + "write_back: review\n").template.subtasks[0].items[1].review == "owner"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("quarterly", "none", "papers.yaml:1: (the file): `frequency: none` asks nothing again"),
        ("2026-01-01", "2026-02-31", "papers.yaml:7: starts_on: "),
        ("reminders: gently", "remove_after_months: 0", "papers.yaml:9: remove_after_months: "),
        ("field: turnover", "field: proof_of_address", "field key proof_of_address stands twice"),
        ("field: turnover", "field: Turn-over", "papers.yaml:6: fields.1.field: 'Turn-over' cannot stand here"),
        ("type: number", "type: choice", "papers.yaml:6: fields.1: `options` belongs to items of type choice"),
        ("type: number", "kind: number", "papers.yaml:6: fields.1.kind: "),
        ("for: company", "for: everybody", "papers.yaml:3: for: "),
        ("starts_on: 2026-01-01\n", "", "papers.yaml:1: starts_on: "),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(old, new, says):
    with pytest.raises(DefinitionError, match=re.escape(says)):
        parse(GROUP.replace(old, new))


def test_the_schema_takes_what_the_model_takes():
    jsonschema.validate(yaml.safe_load(GROUP.replace("2026-01-01", '"2026-01-01"')), update_group_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(GROUP.replace("for:", "from:")), update_group_schema())


def write(office: Office, name: str, text: str) -> None:
    folder = office.settings.home / "update_groups"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_u1_a_field_in_two_groups_is_refused_with_both(sqlite_office: Office):
    write(sqlite_office, "papers", GROUP)
    write(sqlite_office, "money", GROUP.replace("group: papers", "group: money").replace("proof_of_address", "bank"))
    with pytest.raises(DefinitionError, match="turnover is in the groups money and papers"):
        sqlite_office.reload()


def test_u1_a_group_has_a_name_and_messages_of_its_own(sqlite_office: Office):
    write(sqlite_office, "vat", GROUP.replace("group: papers", "group: vat"))
    with pytest.raises(DefinitionError, match="there is a template 'vat'"):
        sqlite_office.reload()
    (sqlite_office.settings.home / "update_groups" / "vat.yaml").unlink()
    write(sqlite_office, "papers", GROUP + "message: no_such_message\n")
    with pytest.raises(DefinitionError, match="message 'no_such_message' does not exist"):
        sqlite_office.reload()


def test_the_shipped_examples_can_be_used_as_they_are(sqlite_office: Office):
    folder = sqlite_office.settings.home / "update_groups"
    for example in sorted(folder.glob("*.example")):
        example.rename(example.with_suffix(""))
    sqlite_office.reload()
    assert sorted(sqlite_office.settings.groups) == ["compliance", "identity"]


def test_a_group_that_does_not_say_keeps_its_dossiers_as_long_as_the_firm_does(sqlite_office: Office):
    write(sqlite_office, "papers", GROUP)
    firm = sqlite_office.settings.home / "firm.yaml"
    firm.write_text(firm.read_text(encoding="utf-8") + "\nretention: {dossier_months: 3}\n", encoding="utf-8")
    sqlite_office.reload()
    assert sqlite_office.settings.groups["papers"].remove_after_months == 3
