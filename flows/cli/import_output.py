"""What `relance import`, `imports` and `pull` print of a file's rows.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flows.cli.output import fail, print_json, print_table, say

if TYPE_CHECKING:
    from tasks.intake.gate_and_write import ImportOptions, ImportReport

PROBLEMS_SHOWN = 200
REPAIRS = {
    "trimmed": "blanks around the text taken off",
    "no_value": "a word for nothing (NULL, #N/A …) read as empty",
    "error_cell": "a spreadsheet's error (#N/A, #REF!, ###) read as empty",
    "apostrophe": "the apostrophe before a sign taken off",
    "zero_date": "0000-00-00 read as empty",
    "date_format": "a date read by the profile's format",
    "date_of_instant": "the day of an instant",
    "serial_date": "a spreadsheet's serial number read as a date",
    "one_address": "one address taken out of the cell",
    "capitals": "a name in capitals written as a name",
    "turned_name": "a last name before its first name put behind it",
    "language": "a language's name read as its two letters",
    "repeated_row": "a row that repeats an earlier one, cell for cell",
    "name_of_id": "a name read as the id of the only one who has it",
    "respelled_id": "an id that is known in another spelling",
}


def import_json(imported: ImportReport, rows: int = 0) -> dict[str, Any]:
    """An import's figures: its ledger line, findings by effect and reason, corrections; in a preview also its rows."""
    from tasks.domain.intake.preview_shares import count_shares
    from tasks.rows import plain_rows

    keys = ("effect", "reason", "column", "problem", "rows")
    findings = [
        {key: line[key] for key in keys} for line in imported.details["findings"] if line["effect"] != "quarantine"
    ]
    figures = imported.admission.to_json() | {
        "relations": imported.details.get("relations"),
        "fields": imported.details["fields"],
        "findings": findings,
        "repairs": imported.details["repairs"],
        "doubts": imported.details.get("doubts", []),
    }
    if imported.rows is None or imported.out is None:
        return figures
    problems = imported.out.rename(columns={"column_name": "column"})
    return figures | {
        "import_id": None,
        "preview": True,
        "closed": imported.closed,
        "shares": asdict(count_shares(imported.rows)),
        "rows": plain_rows(imported.rows.head(rows)),
        "problems": plain_rows(problems[["source_row", "row_id", "column", "reason", "problem"]]),
    }


def print_import(imported: ImportReport, terms: ImportOptions, rows: int, as_json: bool) -> None:
    """Print one import: its figures, and in a preview its first rows."""
    if as_json:
        print_json(import_json(imported, rows))
    elif terms.is_preview:
        _print_rows(imported, rows)
    say_import(imported, terms)


def print_imports(
    done: Sequence[ImportReport], problems: Sequence[str], terms: ImportOptions, rows: int, as_json: bool
) -> None:
    """Print several imports, then fail with the problems of files that could not be read."""
    if as_json:
        print_json([import_json(imported, rows) for imported in done])
    for imported in done:
        if terms.is_preview and not as_json:
            _print_rows(imported, rows)
        say_import(imported, terms)
    if problems:
        fail("\n".join(problems))


def say_import(imported: ImportReport, terms: ImportOptions | None = None) -> None:
    """Print what happened to a file's rows."""
    line = imported.admission.to_json()
    is_preview = terms is not None and terms.is_preview
    run = None if is_preview else line["import_id"]
    say_figures(line | {"source_file": line["file"], "import_id": run, "relations": imported.details.get("relations")})
    _say_mails(imported, is_preview=is_preview)
    say_details(imported.details)
    if is_preview:
        _say_shares(imported)
        _say_problems(imported)
        say("This is a preview: nothing was written.")
        if imported.closed:
            fail(f"The gate would stop it: {imported.closed}")


def _say_mails(imported: ImportReport, *, is_preview: bool) -> None:
    """Print how many people are mailed because rows were saved, and how many are not, as it is a first import (V2)."""
    followed = imported.admission.mails
    if followed is None:
        return
    if followed.people:
        look = "LOOK: " if followed.people > imported.warn_above else ""
        will = "would mail" if is_preview else "mails"
        say(f"{look}This {will} {followed.people:,} people ({followed.queued:,} mails), for activities and by rules.")
    if followed.imported:
        say(
            f"{followed.imported:,} mails are left out (imported): it is the first import of its kind. --notify sends "
            "those about what is ahead."
        )


def say_figures(line: Mapping[str, Any]) -> None:
    """Print what became of the rows of one line of the ledger."""
    run = f" (run {line['import_id']})" if line["import_id"] is not None else ""
    say(
        f"{line['source_file']}{run}: {line['read']:,} rows read: {line['new']:,} new, {line['changed']:,} changed, "
        f"{line['unchanged']:,} unchanged, {line['quarantined']:,} quarantined."
    )
    relations, going_in = line.get("relations"), line["new"] + line["changed"] + line["unchanged"]
    if relations is not None and relations != going_in:
        say(f"The {going_in:,} rows that go in are of {relations:,} relations.")
    if line["left_out"]:
        say(f"{line['left_out']:,} rows left out, as the profile says.")
    if line["made_former"]:
        say(f"{line['made_former']:,} relations that the export no longer holds are former now.")
    if line.get("is_drop_accepted"):
        say("A drop in its rows was accepted.")
    if line.get("undone_at"):
        say(f"It was undone on {line['undone_at'][:10]}.")


def say_details(details: Mapping[str, Any]) -> None:
    """Print what the ledger keeps of an import: doubts, corrections and findings."""
    if details.get("fields"):
        say(f"Data fields: {', '.join(details['fields'])}.")
    for doubt in details.get("doubts", []):
        say(f"LOOK: {doubt}")
    for repair in details.get("repairs", []):
        where, what = repair["column"], REPAIRS.get(repair["repair"], repair["repair"])
        say(f"repaired: {where}: {what}: {repair['cells']:,}. {_row_numbers(repair['first_rows'], repair['cells'])}")
    for found in details.get("findings", []):
        rows = _row_numbers(found["first_rows"], found["rows"])
        say(f"{found['effect']}: {found['column']}: {found['problem']}. {rows}")


def _row_numbers(first: Sequence[int], count: int) -> str:
    from tasks.intake.gate_and_write import ROWS_NAMED

    more = f" and {count - ROWS_NAMED:,} more" if count > ROWS_NAMED else ""
    return f"Rows {', '.join(map(str, first))}{more}."


def _print_rows(imported: ImportReport, rows: int) -> None:
    """Print the first rows as they would be written, one column per line: a table of all columns is too wide."""
    from tasks.rows import plain_rows

    shown = [] if imported.rows is None else plain_rows(imported.rows.head(rows))
    cells = [
        {"row": row["source_row"] if first else "", "column": column, "value": row[column]}
        for row in shown
        for first, column in ((i == 0, c) for i, c in enumerate(c for c in row if c != "source_row"))
    ]
    if cells:
        print_table(cells, {"row": "Row", "column": "Column", "value": "Goes in as"})


def _say_shares(imported: ImportReport) -> None:
    from tasks.domain.intake.preview_shares import count_shares

    if imported.rows is None or imported.rows.empty:
        return
    shares = count_shares(imported.rows)
    for column, filled in shares.filled.items():
        say(f"{column}: in {filled:,} of the {shares.rows:,} rows that go in ({filled / shares.rows:.0%}).")
    for column, years in shares.years.items():
        found = ", ".join(f"{year}: {count:,}" for year, count in years.items())
        say(f"{column}: {found or 'no date'}.")


def _say_problems(imported: ImportReport) -> None:
    from tasks.rows import plain_rows

    if imported.out is None:
        return
    for row in plain_rows(imported.out.head(PROBLEMS_SHOWN)):
        where = f" ({row['row_id']})" if row["row_id"] else ""
        column = f"{row['column_name']}: " if row["column_name"] else ""
        say(f"row {row['source_row']}{where}: {column}{row['problem']}.")
    if len(imported.out) > PROBLEMS_SHOWN:
        say(f"And {len(imported.out) - PROBLEMS_SHOWN:,} more rows that stay out; `--json` gives them all.")
