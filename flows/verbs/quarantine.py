"""`relance quarantine`: what stays out, and out to a person who mends it.

May touch: tasks/mend.py. Tests: tests/integration/test_quarantine.py.
"""

from pathlib import Path

from flows.verbs.session import print_json, print_table, say, session
from tasks.mend import write_quarantine
from tasks.overview import plain_rows

ROWS_SHOWN = 200


def list_quarantine(home: Path, kind: str | None, as_json: bool) -> None:
    """Print every row that stays out, with its reason."""
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
    """Write what stays out as CSV, one file for each source file, and say how it comes back in."""
    with session(home) as (settings, store):
        written = write_quarantine(store, settings.mappings, folder)
    if as_json:
        print_json(
            [{"file": str(one.path), "rows": one.rows, "kind": one.kind, "mapping": one.mapping} for one in written]
        )
    for one in written:
        say(f"{one.path}: {one.rows:,} rows. Mend them there, then: {one.command}")
    if not written:
        say("Nothing is in quarantine.")
