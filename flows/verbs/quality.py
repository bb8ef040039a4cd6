"""`relance quality`: each relation by each criterion, counted, listed, as JSON or as CSV.

May touch: tasks/quality.py. Tests: tests/integration/test_quality_review.py.
"""

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pandas as pd

from flows.settings import Settings
from flows.verbs.session import fail, print_json_rows, print_table, say, session
from tasks.csv_files import write_csv
from tasks.domain.frames import REVIEW
from tasks.domain.quality import KEYS, NOT_MET, RESULTS, criteria_of, rows_of, summarise
from tasks.overview import plain_rows
from tasks.quality import review

ROWS_SHOWN = 200
ROWS_A_CHUNK = 50_000
COUNTS = {
    "criterion": "Criterion",
    "met": "Met",
    "not_met": "Not met",
    "not_applicable": "Not applicable",
    "share": "Share met",
}
ROWS = {"relation_id": "Relation", "criterion": "Criterion", "result": "Result"}


def show_quality(
    home: Path,
    relation: str | None,
    owner: str | None,
    criterion: str | None,
    result: str | None,
    as_csv: bool,
    as_of: dt.date | None,
    as_json: bool,
) -> None:
    """Print the review: its counts, the rows that the filters leave, or every such row for a program."""
    with session(home) as (settings, store):
        _check_criterion(settings, criterion)
        templates, day = settings.templates.values(), as_of or settings.today()
        reviewed = review(store, templates, day, relation, owner)
        if reviewed.empty and relation is not None:
            whose = f" of the owner {owner}" if owner else ""
            fail(f"There is no relation {relation}{whose}. `relance import relations` brings relations in.")
        if criterion is not None:
            reviewed = reviewed[[*KEYS, criterion]]
        if as_json or as_csv:
            rows = _in_chunks(rows_of(reviewed, (result,) if result else RESULTS))
            if as_json:
                print_json_rows(rows)
            else:
                write_csv(sys.stdout, rows, REVIEW)
            return
        _print_counts(reviewed)
        if any((relation, owner, criterion, result)):
            _print_rows(rows_of(reviewed, (result or NOT_MET,)), result or NOT_MET)
        say(f"{len(reviewed):,} relations, as of {day}.")


def _check_criterion(settings: Settings, criterion: str | None) -> None:
    known = criteria_of(settings.templates.values())
    if criterion not in (None, *known):
        raise click.UsageError(f"There is no criterion {criterion!r}; there are {', '.join(known)}.")


def _in_chunks(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows as plain values; never all at once, for a million relations have six million."""
    for start in range(0, len(rows), ROWS_A_CHUNK):
        yield from plain_rows(rows.iloc[start : start + ROWS_A_CHUNK])


def _print_counts(reviewed: pd.DataFrame) -> None:
    lines = [
        {"criterion": line["criterion"]}
        | {name: f"{line[name]:,}" for name in RESULTS}
        | {"share": "" if line["share"] is None else f"{line['share']:.1%}"}
        for line in plain_rows(summarise(reviewed))
    ]
    print_table(lines, COUNTS)


def _print_rows(rows: pd.DataFrame, result: str) -> None:
    if rows.empty:
        say(f"Nothing here is {result.replace('_', ' ')}.")
        return
    click.echo()
    print_table(plain_rows(rows.head(ROWS_SHOWN)), ROWS)
    if len(rows) > ROWS_SHOWN:
        say(f"And {len(rows) - ROWS_SHOWN:,} more: `--result {result} --csv` or `--json` gives them all.")
