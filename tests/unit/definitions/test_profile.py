"""Profile profiles: a legacy CRM's columns to the canonical ones."""

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tasks.domain.definitions.kinds import ShapeError
from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model
from tasks.domain.intake.reshape import apply_mapping

HEAD = "mapping: crm\nkind: relations\ncolumns:\n  relation_id: {constant: R1}\n  type: {constant: person}\n  status: {constant: client}\n"
PARIS = ZoneInfo("Europe/Paris")


def apply(rule, **columns):
    mapping = parse_model(Profile, HEAD + f"  name: {rule}\n", "crm.yaml")
    raw = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    mapped = apply_mapping(raw.assign(source_row=range(2, len(raw) + 2)), mapping, PARIS).rows
    return [None if pd.isna(v) else v for v in mapped["name"]]


def test_a_bare_title_takes_the_column_as_it_is():
    assert apply("Nom", Nom=["A", None]) == ["A", None]


def test_several_titles_are_joined_and_blanks_left_out():
    assert apply("{from: [P, N]}", P=["Jeanne", None, "J", None], N=["Martin", "M", None, None]) == [
        "Jeanne Martin",
        "M",
        "J",
        None,
    ]


def test_the_first_filled_title_can_be_taken_alone():
    assert apply("{from: [W, H], take: first}", W=["w", None, None], H=["h", "h", None]) == ["w", "h", None]


def test_values_are_translated_and_the_unknown_stay_for_validation_to_judge():
    rule = '{from: T, values: {Particulier: person, "": other}}'
    assert apply(rule, T=["Particulier", None, "Autre"]) == ["person", "other", "Autre"]
    assert apply("{from: T, values: {P: person}, default: other}", T=["P", "Q"]) == ["person", "other"]


def test_dates_become_iso_days_and_what_is_none_keeps_its_text():
    rule = '{from: D, date_format: "%d/%m/%Y"}'
    assert apply(rule, D=["28/02/2026", "31/02/2026", None]) == ["2026-02-28", "31/02/2026", None]


def test_a_prefix_keeps_the_ids_of_two_files_apart_and_stays_off_blanks():
    assert apply("{from: Id, prefix: C-}", Id=["1", None]) == ["C-1", None]


def test_a_constant_stands_in_every_row():
    assert apply("{constant: client}", Id=["1", "2"]) == ["client", "client"]


def test_q5_a_file_without_a_header_is_refused_without_quoting_its_first_row():
    with pytest.raises(ShapeError, match="None of its titles is in the file: is record 1 its header") as caught:
        apply("Nom", **{"Jeanne Martin": ["Ève Petit"]})
    assert "Jeanne" not in str(caught.value)


def test_a_title_that_is_not_in_the_file_is_named():
    with pytest.raises(ShapeError, match="column 'Nom' of mapping crm is missing"):
        apply("Nom", Name=["A"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("  name: {from: A, constant: b}\n", "either `from`"),
        ("  name: {join: x}\n", "either `from`"),
        ("  name: A\nencoding: latin-99\n", "crm.yaml:8: encoding: 'latin-99' is unknown"),
        ("  name: A\nseparator: '||'\n", "crm.yaml:8: separator: '||' is no separator"),
    ],
)
def test_a_slip_in_a_profile_is_named(text, says):
    with pytest.raises(DefinitionError, match="crm.yaml:") as caught:
        parse_model(Profile, HEAD + text, "crm.yaml")
    assert says in str(caught.value)


def test_keys_of_a_table_are_what_the_person_wrote():
    rule = "{from: A, values: {1: one, no: two, 01: three, on: four, off: five, 1.50: six, 2026-01-01: seven}}"
    cells = ["1", "no", "01", "on", "off", "1.50", "2026-01-01", "0"]
    assert apply(rule, A=cells) == ["one", "two", "three", "four", "five", "six", "seven", "0"]


def test_an_accent_behind_its_letter_is_one_in_it():
    table = "{from: Statut accentu\u0065\u0301, values: {Déménagé: former}}"
    assert apply(table, **{"Statut accentué": ["De\u0301me\u0301nage\u0301", "Déménagé", "x"]}) == [
        "former",
        "former",
        "x",
    ]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (
            "{relation_id: id, card.expires_on: {from: x, date_format: '%Q'}}",
            "mappings/m.yaml:3: columns.card.expires_on.date_format: '%Q' has %Q, which is not known",
        ),
        (
            "{relation_id: {from: x, colour: red}}",
            "mappings/m.yaml:3: columns.relation_id.colour: unknown key; check its spelling",
        ),
        ("{relation_id: [1, 2]}", "mappings/m.yaml:3: columns.relation_id: a value of this kind cannot stand here"),
    ],
)
def test_a_slip_in_a_rule_is_named_by_the_keys_that_are_written(columns, says):
    with pytest.raises(DefinitionError) as refused:
        parse_model(Profile, f"mapping: m\nkind: relations\ncolumns: {columns}\n", "mappings/m.yaml")
    assert str(refused.value).startswith(says)
    assert not set("[]") & set(str(refused.value).partition("use ")[0])
    assert "str" not in str(refused.value).split(":")[2].split(".")
