"""`relance quarantine`: list and export the rows that were not imported.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

from pathlib import Path

import click

from flows.cli.options import as_json, home
from flows.cli.output import print_json, print_table, say, session
from tasks.domain.definitions.kinds import KIND_NAMES


@click.group()
def quarantine() -> None:
    """Rows that were not imported, each with its reason.

    Example: relance quarantine export to-mend
    """


@quarantine.command("list")
@click.option("--kind", type=click.Choice(KIND_NAMES), help="Only of this kind.")
@as_json
@home
def quarantine_list(kind: str | None, as_json: bool, home: Path) -> None:
    """List every quarantined row.

    Example: relance quarantine list --kind relations
    """
    list_quarantine(home, kind, as_json)


@quarantine.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@as_json
@home
def quarantine_export(folder: Path, as_json: bool, home: Path) -> None:
    """Write the rows as CSV in the columns of their source, with a reason column: correct them and import them again.

    Example: relance quarantine export to-mend
    """
    export_quarantine(home, folder, as_json)


ROWS_SHOWN = 200


def list_quarantine(home: Path, kind: str | None, as_json: bool) -> None:
    """Print every quarantined row, with its reason."""
    from tasks.rows import plain_rows

    with session(home) as (_, store):
        out = store.read("open_quarantine").drop(columns=["raw", "stream"])
    rows = plain_rows(out if kind is None else out.loc[out["kind"] == kind])
    if as_json:
        print_json(rows)
        return
    if rows:
        heads = {"source_file": "File", "source_row": "Row", "row_id": "Id", "column_name": "Column"}
        print_table(rows[:ROWS_SHOWN], {**heads, "problem": "Problem", "since_on": "Since"})
    say(f"{len(rows):,} rows are in quarantine.")


def export_quarantine(home: Path, folder: Path, as_json: bool) -> None:
    """Write the quarantined rows as CSV, one file for each source file, and print how to import them again."""
    from tasks.intake.quarantine_files import write_quarantine

    with session(home) as (settings, store):
        written = write_quarantine(store, settings.mappings, folder)
    if as_json:
        print_json(
            [{"file": str(one.path), "rows": one.rows, "kind": one.kind, "mapping": one.mapping} for one in written]
        )
    for one in written:
        say(f"{one.path}: {one.rows:,} rows. Correct them there, then: {one.command}")
    if not written:
        say("Nothing is in quarantine.")
