"""`relance import`, `imports` and `pull`.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.options import as_json, as_of, home
from flows.cli.output import fail, print_json, print_table, say, session
from tasks.domain.definitions.kinds import KIND_NAMES

if TYPE_CHECKING:
    from tasks.intake.gate_and_write import ImportOptions, ImportReport

_preview = click.option("--preview", is_flag=True, help="Show the first rows as they would go in, and every problem.")
_rows = click.option("--rows", type=click.IntRange(0, 1000), default=3, show_default=True, help="How many to show.")
_accept = click.option("--accept-drop", is_flag=True, help="Pass the gate once although rows are gone; it is recorded.")


@click.command("import")
@click.argument("kind", required=False, type=click.Choice([*KIND_NAMES, "all"]))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--mapping", help="A profile of mappings/ that says what the file's columns mean.")
@_preview
@_rows
@click.option("--full", is_flag=True, help="The file holds every relation of its source: those gone become former.")
@_accept
@click.option("--undo", type=int, metavar="RUN", help="Take an import back; `relance imports` has its number.")
@as_of
@as_json
@home
def import_(
    kind: str | None,
    file: Path | None,
    mapping: str | None,
    preview: bool,
    rows: int,
    full: bool,
    accept_drop: bool,
    undo: int | None,
    as_of: dt.date | None,
    as_json: bool,
    home: Path,
) -> None:
    """Import a file (CSV, .csv.gz, .xlsx). Bad rows are quarantined with a reason; the others are written.

    KIND `all` imports every file in a folder that a multi-file profile names.

    Example: relance import relations clients.csv
    """
    from tasks.intake.gate_and_write import ImportOptions

    if undo is not None:
        if kind or file:
            raise click.UsageError("--undo takes a run's number, and no KIND or FILE beside it.")
        undo_import_run(home, undo, as_json)
        return
    if kind is None or file is None:
        raise click.UsageError("Write what the rows are, and their file: relance import relations clients.csv")
    if kind == "all" and mapping is None:
        raise click.UsageError("`all` needs --mapping: a profile that names the files to read.")
    terms = ImportOptions(is_full=full, accepts_drop=accept_drop, is_preview=preview)
    import_files(home, kind, file, mapping, as_of, terms, rows, as_json)


@click.command()
@click.argument("run", required=False, type=int)
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many to list.")
@as_json
@home
def imports(run: int | None, last: int, as_json: bool, home: Path) -> None:
    """List the last imports, or show one again with the report printed at the time.

    Example: relance imports 12
    """
    show_imports(home, run, last, as_json)


@click.command()
@click.argument("source", required=False)
@_preview
@_rows
@_accept
@as_of
@as_json
@home
def pull(
    source: str | None,
    preview: bool,
    rows: int,
    accept_drop: bool,
    as_of: dt.date | None,
    as_json: bool,
    home: Path,
) -> None:
    """Pull relations and missions from the firm's databases; sources/ in the home says what and from where.

    Example: relance pull crm --preview
    """
    from tasks.intake.gate_and_write import ImportOptions

    pull_now(home, source, as_of, ImportOptions(accepts_drop=accept_drop, is_preview=preview), rows, as_json)


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
    "language": "a language's name read as its two letters",
    "repeated_row": "a row that repeats an earlier one, cell for cell",
    "respelled_id": "an id that is known in another spelling",
}


def import_files(
    home: Path,
    kind: str,
    file: Path,
    mapping: str | None,
    as_of: dt.date | None,
    terms: ImportOptions,
    rows: int,
    as_json: bool,
) -> None:
    """Import one file, or every file of a multi-file profile, and print what happened to the rows."""
    from flows.jobs.imports import files_of, run_import
    from tasks.domain.errors import RelanceError
    from tasks.intake.gate_and_write import ImportReport

    with session(home) as (settings, store):
        day = as_of or settings.today()
        if kind != "all":
            imported = run_import(settings, store, kind, file, mapping, day, terms)
            _tell(imported, terms, rows, as_json)
            return
        wanted = list(files_of(settings, file, mapping or ""))
        done, problems = list[ImportReport](), list[str]()
        for one_kind, path, profile in wanted:
            try:
                done.append(run_import(settings, store, one_kind, path, profile, day, terms))
            except RelanceError as error:
                problems.append(str(error))
    _tell_all(done, problems, terms, rows, as_json)


def pull_now(
    home: Path, source: str | None, as_of: dt.date | None, terms: ImportOptions, rows: int, as_json: bool
) -> None:
    """Pull from the firm's databases."""
    from flows.jobs.pulls import run_pull

    with session(home) as (settings, store):
        done = run_pull(settings, store, source, as_of or settings.today(), terms)
    if not done and not as_json:
        say(f"There is nothing to pull: {home / 'sources'} holds no source.")
    _tell_all(done, [], terms, rows, as_json)


def undo_import_run(home: Path, import_id: int, as_json: bool) -> None:
    """Undo an import."""
    from flows.jobs.imports import run_undo

    with session(home) as (settings, store):
        undone = run_undo(settings, store, import_id)
    if as_json:
        print_json(undone.to_json())
    say(
        f"Import {undone.import_id} ({undone.file}) is undone: {undone.removed:,} {undone.kind} removed, "
        f"{undone.restored:,} restored to what they were before."
    )
    if undone.put_to_rest:
        say(f"{undone.put_to_rest:,} kept, because tasks or missions depend on them: as former or ended.")
    if undone.kept:
        say(f"{undone.kept:,} were changed later and stay unchanged.")
    if undone.kept_ids:
        more = " …" if undone.kept + undone.put_to_rest > len(undone.kept_ids) else ""
        say(f"These are {', '.join(undone.kept_ids)}{more}.")


def show_imports(home: Path, import_id: int | None, last: int, as_json: bool) -> None:
    """List the imports in the ledger, or show one again."""
    from tasks.intake.ledger import list_imports, show_import

    with session(home) as (settings, store):
        zone = settings.firm.zone
        found = show_import(store, import_id, zone) if import_id is not None else list_imports(store, last, zone)
    if as_json:
        print_json(found)
    elif isinstance(found, dict):
        _say_figures(found)
        _say_details(found)
    elif found:
        heads = {"import_id": "Run", "imported_on": "Day", "kind": "Kind", "source_file": "File"}
        counts = {"read": "Read", "new": "New", "changed": "Chg", "quarantined": "Out"}
        shown = [line | {"undone_on": (line["undone_at"] or "")[:10]} for line in found]
        print_table(
            shown, {**heads, **counts, **({"undone_on": "Undone"} if any(s["undone_on"] for s in shown) else {})}
        )
    else:
        say("Nothing was imported yet.")


def import_json(imported: ImportReport, rows: int = 0) -> dict[str, Any]:
    """An import's figures: its ledger line, findings by effect and reason, corrections; in a preview also its rows."""
    from tasks.rows import plain_rows

    counted: Counter[tuple[str, str]] = Counter()
    for line in imported.details["findings"]:
        if line["effect"] != "quarantine":
            counted[line["effect"], line["reason"]] += line["rows"]
    figures = imported.admission.to_json() | {
        "fields": imported.details["fields"],
        "findings": [{"effect": effect, "reason": reason, "rows": rows} for (effect, reason), rows in counted.items()],
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
        "rows": plain_rows(imported.rows.head(rows)),
        "problems": plain_rows(problems[["source_row", "row_id", "column", "reason", "problem"]]),
    }


def _tell(imported: ImportReport, terms: ImportOptions, rows: int, as_json: bool) -> None:
    if as_json:
        print_json(import_json(imported, rows))
    elif terms.is_preview:
        _print_rows(imported, rows)
    tell_import(imported, terms)


def _tell_all(
    done: Sequence[ImportReport], problems: Sequence[str], terms: ImportOptions, rows: int, as_json: bool
) -> None:
    if as_json:
        print_json([import_json(imported, rows) for imported in done])
    for imported in done:
        if terms.is_preview and not as_json:
            _print_rows(imported, rows)
        tell_import(imported, terms)
    if problems:
        fail("\n".join(problems))


def tell_import(imported: ImportReport, terms: ImportOptions | None = None) -> None:
    """Print what happened to a file's rows."""
    line = imported.admission.to_json()
    is_preview = terms is not None and terms.is_preview
    _say_figures(line | {"source_file": line["file"], "import_id": None if is_preview else line["import_id"]})
    _say_details(imported.details)
    if is_preview:
        _say_problems(imported)
        say("This is a preview: nothing was written.")
        if imported.closed:
            fail(f"The gate would stop it: {imported.closed}")


def _say_figures(line: Mapping[str, Any]) -> None:
    run = f" (run {line['import_id']})" if line["import_id"] is not None else ""
    say(
        f"{line['source_file']}{run}: {line['read']:,} rows read: {line['new']:,} new, {line['changed']:,} changed, "
        f"{line['unchanged']:,} unchanged, {line['quarantined']:,} quarantined."
    )
    if line["left_out"]:
        say(f"{line['left_out']:,} rows left out, as the profile says.")
    if line["made_former"]:
        say(f"{line['made_former']:,} relations that the export no longer holds are former now.")
    if line.get("is_drop_accepted"):
        say("A drop in its rows was accepted.")
    if line.get("undone_at"):
        say(f"It was undone on {line['undone_at'][:10]}.")


def _say_details(details: Mapping[str, Any]) -> None:
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
