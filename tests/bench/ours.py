"""Ours: the night room by room, planning alone, validation alone, and the second run of the same day."""

import json
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from flows.jobs.night import NightOptions, run_night
from tasks import validation as judge
from tasks.domain import frames
from tasks.domain.planning.field_dates import plan_follow_ups
from tasks.planning.candidates import extract_candidates, extract_relations
from tests.bench.alternative import plan_row_by_row
from tests.bench.firm import NIGHT, open_home, the_rule
from tests.bench.floors import WRITTEN
from tests.bench.measure import peak_mb

TIMES_PLANNED = 5
ROWS_LOOPED = 5000
TEN_EXPECTATIONS = 10
# A value for each column that its expectations refuse, whichever they are.
BAD = {"appearance": 2, "language": "??"}
BAD_TEXT = "\x01"
PASSED_BY_BAD = ("expect_column_values_to_not_be_null", "expect_column_value_lengths_to_be_between")


def night(home: Path) -> dict[str, Any]:
    """One night up to composed mails; seconds of each room, and the peak of memory when it was left."""
    import great_expectations  # noqa: F401 - its import is no part of the night's seconds

    settings, store = open_home(home)
    rooms: dict[str, dict[str, float]] = {}
    figures = run_night(settings, store, NightOptions(NIGHT, delivers=False), _clocked(rooms))
    store.close()
    said = figures.to_json()
    return {
        "seconds": rooms["compose"]["left"] - rooms["extract_relations"]["entered"],
        "rooms": {name: room["left"] - room["entered"] for name, room in rooms.items()},
        "peaks": {name: room["peak_mb"] for name, room in rooms.items()},
        "created": said["planned"]["created"],
        "mails": said["messages"]["created"],
    }


def _clocked(rooms: dict[str, dict[str, float]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def usher(room: Callable[..., Any]) -> Callable[..., Any]:
        def walk(*args: Any, **kwargs: Any) -> Any:
            entered = time.perf_counter()
            result = room(*args, **kwargs)
            rooms[room.__name__] = {"entered": entered, "left": time.perf_counter(), "peak_mb": peak_mb()}
            return result

        return walk

    return usher


def again(home: Path, before: Path) -> dict[str, Any]:
    """The same night once more, and the rows of each written table that it changed."""
    shutil.copy(home / "relance.db", before)
    ran = night(home)
    with closing(sqlite3.connect(home / "relance.db")) as database:
        database.execute("ATTACH ? AS earlier", (str(before),))
        return ran | {"changed": {table: _differing(database, table) for table in WRITTEN}}


def _differing(database: sqlite3.Connection, table: str) -> int:
    """Rows that one database has and the other has not, alike in every column."""
    now, then = f"SELECT * FROM main.{table}", f"SELECT * FROM earlier.{table}"
    counts = [
        database.execute(f"SELECT COUNT(*) FROM ({one} EXCEPT {other})").fetchone()[0]
        for one, other in ((now, then), (then, now))
    ]
    return int(sum(counts))


def planning(home: Path) -> dict[str, float]:
    """`plan_follow_ups` over all candidates, in memory, the median of several; and the row loop beside it."""
    settings, store = open_home(home)
    rule = the_rule(settings)
    candidates = extract_candidates(store, rule)
    candidates["block"] = pd.Series(np.nan, index=candidates.index, dtype=frames.TEXT)
    seconds = []
    for _ in range(TIMES_PLANNED):
        started = time.perf_counter()
        planned = plan_follow_ups(candidates, rule, settings.workdays, NIGHT)
        seconds.append(time.perf_counter() - started)
    sample = candidates.head(ROWS_LOOPED)
    started = time.perf_counter()
    verdicts = plan_row_by_row(sample, rule, NIGHT)
    looped = time.perf_counter() - started
    assert verdicts == [None if pd.isna(reason) else reason for reason in planned["reason"].head(ROWS_LOOPED)]
    return {
        "seconds": statistics.median(seconds),
        "loop": looped * len(candidates) / len(sample),
        "looped": len(sample),
    }


def validation(home: Path) -> dict[str, float]:
    """Ten expectations over the relations, with more and more bad rows; seconds by how many are bad."""
    _, store = open_home(home)
    frame = extract_relations(store)
    expectations = _ten()
    assert len(expectations) == TEN_EXPECTATIONS
    columns = [e["kwargs"]["column"] for e in expectations]
    with tempfile.TemporaryDirectory() as folder:
        judge.SUITES = Path(folder)
        suite = json.dumps({"name": "ten", "expectations": expectations})
        (judge.SUITES / "ten.json").write_text(suite, encoding="utf-8")
        _judged(*_spoiled(frame.head(1000), columns, 0.5))  # imports what judging needs
        return {
            "none": _judged(*_spoiled(frame, columns, 0)),
            "half": _judged(*_spoiled(frame, columns, 0.50)),
            "most": _judged(*_spoiled(frame, columns, 0.86)),
            "worst": _judged(*_spoiled(frame, columns, 0.86, everywhere=True)),
        }


def suite_of(name: str) -> list[dict[str, Any]]:
    """The expectations of a shipped suite, without what is ours in them."""
    suite = json.loads((judge.SUITES / f"{name}.json").read_text(encoding="utf-8"))
    return [{"type": e["type"], "kwargs": e["kwargs"]} for e in suite["expectations"]]


def _ten() -> list[dict[str, Any]]:
    """The relations' expectations on text, but for missing values and lengths: one row can fail all of these."""
    shipped = Path(judge.__file__).resolve().parents[1] / "expectations" / "relations.json"
    expectations = json.loads(shipped.read_text(encoding="utf-8"))["expectations"]
    of_text = [e for e in expectations if e["type"] not in PASSED_BY_BAD and not _is_of_files(e["kwargs"]["column"])]
    return of_text[:TEN_EXPECTATIONS]


def _is_of_files(column: str) -> bool:
    """Whether only a file's rows have the column, not those of the database."""
    return column.startswith("is_") or column == "do_not_mail"


def _spoiled(
    frame: pd.DataFrame, columns: list[str], share: float, everywhere: bool = False
) -> tuple[pd.DataFrame, int]:
    """The frame with that share of bad rows, each bad in one column, by turns, or in all; and its failures."""
    numbers = np.arange(len(frame))
    bad = numbers % 100 < share * 100
    spoiled, failures = frame.copy(), 0
    distinct = list(dict.fromkeys(columns))
    for turn, name in enumerate(distinct):
        rows = bad if everywhere else bad & (numbers // 100 % len(distinct) == turn)
        failures += int(rows.sum()) * columns.count(name)
        spoiled[name] = spoiled[name].mask(pd.Series(rows, index=frame.index), BAD.get(name, BAD_TEXT))
    return spoiled, failures


def _judged(frame: pd.DataFrame, failures: int) -> float:
    started = time.perf_counter()
    findings = judge.validate(frame, "ten", "relation_id")
    seconds = time.perf_counter() - started
    assert len(findings) == failures, f"{len(findings)} findings where {failures} are due"
    return seconds
