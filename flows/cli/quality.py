"""`relance quality` and `relance report`.

May touch: click; everything else inside functions. Tests: tests/integration/cli/test_cli.py.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.options import as_json, as_of, home
from flows.cli.output import fail, print_json, print_json_rows, print_table, say, session

if TYPE_CHECKING:
    import pandas as pd

    from flows.home.settings import Settings


@click.command()
@as_of
@as_json
@home
def report(as_of: dt.date | None, as_json: bool, home: Path) -> None:
    """Write the report on data quality and follow-ups. Prints its path, or with --json its figures.

    Every run writes the report too and keeps its own copy in reports/runs/.

    Example: relance report
    """
    make_report(home, as_of, as_json)


@click.command()
@click.option("--relation", help="Only of this relation.")
@click.option("--owner", help="Only of relations of this user.")
@click.option("--criterion", help="By this criterion alone, such as id_card.not_expired or email.present.")
@click.option("--result", type=click.Choice(["met", "not_met", "not_applicable"]), help="List these rows.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, safe to open in a spreadsheet.")
@as_of
@as_json
@home
def quality(**words: Any) -> None:
    """Review the data of the relations: which of the firm's criteria each one meets.

    For each data field that a template uses: present, expiry date known, not expired. For every relation: has an
    e-mail address, the address is valid, the owner is a known user. The table shows counts; with a filter it shows
    rows, those not met unless --result says otherwise. JSON and CSV hold every row that matches the filters.

    Example: relance quality --criterion id_card.not_expired
    """
    show_quality(**words)


def make_report(home: Path, as_of: dt.date | None, as_json: bool) -> None:
    """Write the report from the current data, and print its path, or its figures as JSON."""
    from flows.jobs.report import run_report

    with session(home) as (settings, store):
        written, _ = run_report(settings, store, as_of or settings.today())
    if as_json:
        print_json(written.data)
        say(f"The report: {written.page}")
    else:
        click.echo(str(written.page))


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
    """Print the review: counts, the rows that match the filters, or all of these rows as JSON or CSV."""
    from tasks.domain.frames import REVIEW
    from tasks.domain.quality.criteria import KEYS, NOT_MET, RESULTS, rows_of
    from tasks.files import write_csv
    from tasks.reporting.quality import review

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
    from tasks.domain.quality.criteria import criteria_of

    known = criteria_of(settings.templates.values())
    if criterion not in (None, *known):
        raise click.UsageError(f"There is no criterion {criterion!r}; there are {', '.join(known)}.")


def _in_chunks(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows as plain values, in chunks: a million relations have six million rows."""
    from tasks.rows import plain_rows

    for start in range(0, len(rows), ROWS_A_CHUNK):
        yield from plain_rows(rows.iloc[start : start + ROWS_A_CHUNK])


def _print_counts(reviewed: pd.DataFrame) -> None:
    from tasks.domain.quality.criteria import RESULTS, summarise
    from tasks.rows import plain_rows

    lines = [
        {"criterion": line["criterion"]}
        | {name: f"{line[name]:,}" for name in RESULTS}
        | {"share": "" if line["share"] is None else f"{line['share']:.1%}"}
        for line in plain_rows(summarise(reviewed))
    ]
    print_table(lines, COUNTS)


def _print_rows(rows: pd.DataFrame, result: str) -> None:
    from tasks.rows import plain_rows

    if rows.empty:
        say(f"Nothing here is {result.replace('_', ' ')}.")
        return
    click.echo()
    print_table(plain_rows(rows.head(ROWS_SHOWN)), ROWS)
    if len(rows) > ROWS_SHOWN:
        say(f"And {len(rows) - ROWS_SHOWN:,} more: `--result {result} --csv` or `--json` gives them all.")
