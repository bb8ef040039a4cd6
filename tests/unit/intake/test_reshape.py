"""What real files do, and what a profile makes of it: nothing guessed silently, each repair counted."""

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tasks.domain.definitions.profile import Profile
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model
from tasks.domain.intake.reshape import apply_mapping, as_they_are

HEAD = "mapping: crm\nkind: activities\n"
COLUMNS = (
    "columns:\n  activity_id: Id\n  kind: {constant: call}\n  subject: {constant: S}\n  starts_at: {constant: x}\n"
)
PARIS = ZoneInfo("Europe/Paris")


def reshape(rule, cells, column="location", head="", zone=PARIS):
    """One column by a rule: its cells, and the repairs as (repair, cells, first rows)."""
    text = HEAD + head + COLUMNS.replace(f"  {column}: {{constant: x}}\n", "") + f"  {column}: {rule}\n"
    mapping = parse_model(Profile, text, "crm.yaml")
    raw = pd.DataFrame({"A": pd.Series(cells, dtype="str"), "Id": "1"}).assign(source_row=range(2, len(cells) + 2))
    found = apply_mapping(raw, mapping, zone)
    values = [None if pd.isna(v) else v for v in found.rows[column]]
    return values, [(r.repair, r.cells, r.first_rows) for r in found.repairs if r.column == column]


def test_words_for_nothing_are_empty_cells():
    assert reshape("A", ["NULL", "\\N", "#N/A", "Null", None]) == (
        [None, None, None, "Null", None],
        [("error_cell", 1, (4,)), ("no_value", 2, (2, 3))],
    )
    assert reshape("{from: A, blanks: ['-']}", ["-", "a"])[0] == [None, "a"]
    assert reshape("A", ["NULL", "-"], head="blanks: ['-']\n")[0] == ["NULL", None]


def test_blanks_around_a_cell_are_taken_off_and_counted():
    assert reshape("A", [" a", "b\u00a0", "  ", "c"]) == (["a", "b", None, "c"], [("trimmed", 2, (2, 3))])


def test_the_apostrophe_that_keeps_spreadsheets_off_a_sign_is_taken_off():
    assert reshape("A", ["'+33 1", "'=1", "l'eau", "'quoted'"]) == (
        ["+33 1", "=1", "l'eau", "'quoted'"],
        [("apostrophe", 2, (2, 3))],
    )


@pytest.mark.parametrize(
    ("formats", "cell", "day", "repair"),
    [
        ('"%d/%m/%Y"', "28/02/2026", "2026-02-28", "date_format"),
        ('"%d-%m-%y"', "1-2-26", "2026-02-01", "date_format"),
        ("iso", "2026-02-28", "2026-02-28", None),
        ("iso", "2026-02-28 00:00:00", "2026-02-28", "date_of_instant"),
        ("iso", "2026-02-28T23:30:00Z", "2026-03-01", "date_of_instant"),
        ("iso", "2026-07-01T22:30:00.123+00:00", "2026-07-02", "date_of_instant"),
        ("excel", "46081", "2026-02-28", "serial_date"),
        ("excel", "46081.99", "2026-02-28", "serial_date"),
        ("iso", "0000-00-00", None, "zero_date"),
        ("iso", "0000-00-00 00:00:00", None, "zero_date"),
        ("iso", "9999-12-31", "9999-12-31", None),
        ("iso", "2026-02-30", "2026-02-30", None),
        ("excel", "60", "60", None),
        ("iso", "28/02/2026", "28/02/2026", None),
    ],
)
def test_dates_are_read_as_the_profile_says_and_what_is_none_keeps_its_text(formats, cell, day, repair):
    values, repairs = reshape(f"{{from: A, date_format: {formats}}}", [cell, None], "description")
    assert values == [day, None]
    assert [name for name, _, _ in repairs] == ([repair] if repair else [])


@pytest.mark.parametrize(
    ("formats", "cell", "day"),
    [
        ("iso", "2026-12-10T00:00:00.000Z", "2026-12-10"),
        ("iso", "2026-12-10 00:00:00+01", "2026-12-10"),
        ("iso", "2026-12-10 01:00:00+01", "2026-12-09"),
        ('"%d/%m/%Y %H:%M %z"', "10/12/2026 00:00 +0100", "2026-12-10"),
        ('"%d/%m/%Y %H:%M %z"', "10/12/2026 00:00 +01", "2026-12-10"),
        ('"%d/%m/%Y %H:%M %z"', "10/12/2026 02:00 Z", "2026-12-09"),
    ],
)
def test_a_midnight_with_an_offset_is_the_day_as_it_is_written_west_of_greenwich_too(formats, cell, day):
    values, _ = reshape(f"{{from: A, date_format: {formats}}}", [cell, None], zone=ZoneInfo("America/Guadeloupe"))
    assert values == [day, None]


def test_an_instant_with_its_offset_is_written_in_utc():
    rule = '{from: A, date_format: ["%m/%d/%Y %H:%M:%S%z", iso]}'
    cells = ["07/15/2009 02:14:45+0200", "10/25/2026 02:30:00+01:00", "2026-10-25T01:30:00Z", "07/15/2009"]
    assert reshape(rule, cells, "starts_at")[0] == [
        "2009-07-15T00:14:45Z",
        "2026-10-25T01:30:00Z",
        "2026-10-25T01:30:00Z",  # the hour comes twice: what the clock shows would be read as the first
        "07/15/2009",
    ]


def test_a_cell_takes_the_first_format_that_fits():
    rule = '{from: A, date_format: [iso, "%d/%m/%Y", excel]}'
    assert reshape(rule, ["2026-01-02", "02/01/2026", "46024", "soon"], "description") == (
        ["2026-01-02", "2026-01-02", "2026-01-02", "soon"],
        [("date_format", 1, (3,)), ("serial_date", 1, (4,))],
    )


def test_an_instant_keeps_its_hour_in_the_firms_zone():
    rule = '{from: A, date_format: [iso, "%d/%m/%Y %H:%M", excel]}'
    cells = ["2026-07-01T07:30:00Z", "01/07/2026 09:30", "2026-07-01 09:30:00", "46204.395833"]
    assert reshape(rule, cells, "starts_at") == (
        ["2026-07-01T09:30:00"] * 4,
        [("date_format", 1, (3,)), ("serial_date", 1, (5,))],
    )


def test_capitals_become_names_only_where_the_profile_says_so():
    cells = ["DUPONT-MARTIN JEAN", "D'ALMEIDA", "de Vries", "É", None]
    assert reshape("{from: A, case: name}", cells) == (
        ["Dupont-Martin Jean", "D'Almeida", "de Vries", "É", None],
        [("capitals", 2, (2, 3))],
    )
    assert reshape("A", cells) == (cells, [])


def test_a_key_of_several_columns_needs_them_all():
    raw = pd.DataFrame({"A": ["a", None, "b"], "B": ["1", "2", None], "source_row": [2, 3, 4]}, dtype="str")
    mapping = parse_model(
        Profile,
        "mapping: crm\nkind: users\ncolumns:\n  user_id: {from: [A, B], take: every, join: '-'}\n  email: A\n",
        "crm.yaml",
    )
    ids = apply_mapping(raw, mapping, PARIS).rows["user_id"]
    assert [None if pd.isna(v) else v for v in ids] == ["a-1", None, None]


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("a@x.example; b@x.example", "a@x.example"),
        ("a@x.example b@x.example", "a@x.example"),
        ("a@x.example,b@x.example,", "a@x.example"),
        ("a@x.example\nb@x.example", "a@x.example"),
        ("Ève Martin <eve@x.example>", "eve@x.example"),
        ("mailto:a@x.example", "a@x.example"),
        # Slips that a person has to mend: which address is meant, nobody knows.
        ("jean martin@x.example", "jean martin@x.example"),
        ("a@@x.example", "a@@x.example"),
        ("a@x.example; b", "a@x.example; b"),
        ("A <a@x.example> B <b@x.example>", "A <a@x.example> B <b@x.example>"),
    ],
)
def test_of_several_addresses_the_first_is_taken_and_a_slip_is_left_to_be_mended(cell, address):
    mapping = parse_model(Profile, "mapping: crm\nkind: users\ncolumns: {user_id: Id, email: A}\n", "crm.yaml")
    raw = pd.DataFrame({"Id": ["1", "2"], "A": [cell, "ok@x.example"], "source_row": ["2", "3"]}, dtype="str")
    found = apply_mapping(raw.astype({"source_row": "int64"}), mapping, PARIS)
    assert found.rows["email"].tolist() == [address, "ok@x.example"]
    assert [(r.repair, r.first_rows) for r in found.repairs] == ([("one_address", (2,))] if cell != address else [])


def test_rows_that_are_none_of_the_firms_business_are_left_out_and_counted():
    mapping = parse_model(
        Profile,
        "mapping: crm\nkind: users\nleave_out: {A: [auto, ''], B: ['0']}\ncolumns: {user_id: Id, email: A}\n",
        "crm.yaml",
    )
    raw = pd.DataFrame({"Id": list("12345"), "A": ["auto", "a", None, " auto ", "b"], "B": list("11110")}, dtype="str")
    found = apply_mapping(raw.assign(source_row=range(2, 7)), mapping, PARIS)
    assert (found.rows["user_id"].tolist(), found.rows["source_row"].tolist(), found.left_out) == (["2"], [3], 4)


def test_a_canonical_file_is_only_trimmed():
    raw = pd.DataFrame({"name": ["NULL", " A "], "email": ["a@x.example;b@x.example", None]}, dtype="str")
    found = as_they_are(raw.assign(source_row=[2, 3]))
    assert found.rows["name"].tolist() == ["NULL", "A"]
    assert found.rows["email"].tolist()[0] == "a@x.example;b@x.example"
    assert [(r.column, r.repair, r.cells) for r in found.repairs] == [("name", "trimmed", 1)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind: users\ncolumns: {user_id: A}\n", "columns: email is missing; users cannot do without"),
        ("columns: {user_id: A}\n", "write `kind`"),
        ("kind: users\ncolumns: {user_id: A, email: B}\nfiles: [{file: x, mapping: y}]\n", "not both"),
        ("kind: users\nheader: 0\ncolumns: {user_id: A, email: B}\n", "header: "),
        ("kind: users\ncolumns: {user_id: A, email: {from: B, date_format: dmy}}\n", "is not a date format"),
        ("kind: users\ncolumns: {user_id: A, email: {from: B, date_format: []}}\n", "write a date format"),
    ],
)
def test_a_slip_in_a_profile_is_named(text, says):
    with pytest.raises(DefinitionError, match="crm.yaml:") as caught:
        parse_model(Profile, "mapping: crm\n" + text, "crm.yaml")
    assert says in str(caught.value)
