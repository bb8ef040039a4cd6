"""`relance import`, `imports` and `pull`.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.import_output import print_import, print_imports, say_details, say_figures
from flows.cli.options import as_json, as_of, home
from flows.cli.output import print_json, print_table, say, session
from tasks.domain.definitions.kinds import KIND_NAMES

if TYPE_CHECKING:
    from tasks.intake.gate_and_write import ImportOptions

_preview = click.option("--preview", is_flag=True, help="Show rows as they would go in, figures, and every problem.")
_rows = click.option("--rows", type=click.IntRange(0, 1000), default=10, show_default=True, help="How many to show.")
_accept = click.option("--accept-drop", is_flag=True, help="Pass the gate once although rows are gone; it is recorded.")


@click.command("import")
@click.argument("kind", required=False, type=click.Choice([*KIND_NAMES, "all"]))
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--mapping", help="A profile of mappings/ that says what the file's columns mean.")
@_preview
@_rows
@click.option("--full", is_flag=True, help="The file holds every relation of its source: those gone become former.")
@_accept
@click.option("--notify", is_flag=True, help="Tell people of activities ahead although it is a first import of them.")
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
    notify: bool,
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
    terms = ImportOptions(is_full=full, accepts_drop=accept_drop, is_preview=preview, notifies=notify)
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
            print_import(imported, terms, rows, as_json)
            return
        wanted = list(files_of(settings, file, mapping or ""))
        done, problems = list[ImportReport](), list[str]()
        for one_kind, path, profile in wanted:
            try:
                done.append(run_import(settings, store, one_kind, path, profile, day, terms))
            except RelanceError as error:
                problems.append(str(error))
    print_imports(done, problems, terms, rows, as_json)


def pull_now(
    home: Path, source: str | None, as_of: dt.date | None, terms: ImportOptions, rows: int, as_json: bool
) -> None:
    """Pull from the firm's databases."""
    from flows.jobs.pulls import run_pull

    with session(home) as (settings, store):
        done = run_pull(settings, store, source, as_of or settings.today(), terms)
    if not done and not as_json:
        say(f"There is nothing to pull: {home / 'sources'} holds no source.")
    print_imports(done, [], terms, rows, as_json)


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
        say_figures(found)
        say_details(found)
    elif found:
        heads = {"import_id": "Run", "imported_on": "Day", "kind": "Kind", "source_file": "File"}
        counts = {"read": "Read", "new": "New", "changed": "Chg", "quarantined": "Out"}
        shown = [line | {"undone_on": (line["undone_at"] or "")[:10]} for line in found]
        print_table(
            shown, {**heads, **counts, **({"undone_on": "Undone"} if any(s["undone_on"] for s in shown) else {})}
        )
    else:
        say("Nothing was imported yet.")
