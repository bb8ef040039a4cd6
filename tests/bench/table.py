"""The table: what was measured, ours beside a floor or an alternative, the ratio, and the limit."""

import os
import platform
import sqlite3
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

PLANNING_SECONDS = 1.0
VALIDATION_SECONDS = 5.0
NIGHT_TIMES_ITS_FLOORS = 3.0
NIGHT_MB = 1.2 * 1024
FLOORS = ("read", "judge", "insert", "render")
SHOWN = ("pandas", "numpy", "pyarrow", "great-expectations", "SQLAlchemy", "Jinja2", "css-inline")
# The room of the night that does what a floor does, and more.
BESIDE = {
    "extract_relations": None,
    "validate": ("judge", "GX alone"),
    "materialise": None,
    "compose": ("render", "render alone"),
}


@dataclass(frozen=True)
class Row:
    """One line of the table; an empty cell is an empty text."""

    what: str
    ours: str = ""
    beside: str = ""
    ratio: str = ""
    limit: str = ""
    verdict: str = ""


def header(size: int, found: dict[str, Any], turns: int) -> list[str]:
    """Size, day, machine, versions."""
    libraries = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    due, mails = found["night"]["created"], found["night"]["mails"]
    return [
        f"{size:,} relations, {due:,} due, {mails:,} mails; database {found['firm']['bytes'] / 2**20:,.0f} MB",
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}",
        f"Night and floors: each in a process of its own, the best of {turns}; peak memory: the worst of {turns}.",
        f"The row loop ran over {found['planning']['looped']:,} rows; its seconds are extrapolated to all.",
        f"The import of Great Expectations ({found['judge']['import']:.1f} s here) is left out on both sides.",
    ]


def rows(found: dict[str, Any]) -> list[Row]:
    """The table's lines."""
    return [*_night(found), *_rooms(found), *_floors(found), *_planning(found), *_validation(found), *_again(found)]


def print_table(words: list[str], lines: list[Row]) -> None:
    """Words, then the lines in columns."""
    heads = Row("what", "ours", "floor or alternative", "ratio", "limit", "verdict")
    cells = [list(vars(row).values()) for row in (heads, *lines)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    out = [*words, ""]
    for number, (what, *others) in enumerate(cells):
        out.append("  ".join([what.ljust(widths[0]), *map(str.rjust, others, widths[1:])]).rstrip())
        if number == 0:
            out.append("  ".join("-" * width for width in widths))
    sys.stdout.write("\n".join(out) + "\n")


def _verdict(value: float, limit: float) -> str:
    return "ok" if value <= limit else "MISSED"


def _seconds(value: float) -> str:
    return f"{value:.2f} s"


def _night(found: dict[str, Any]) -> list[Row]:
    ours, floor = found["night"]["seconds"], sum(found[name]["seconds"] for name in FLOORS)
    peak = found["night"]["peak_mb"]
    return [
        Row(
            "night, read to composed",
            _seconds(ours),
            f"{_seconds(floor)} floors",
            f"{ours / floor:.2f}",
            f"{NIGHT_TIMES_ITS_FLOORS:g} x",
            _verdict(ours / floor, NIGHT_TIMES_ITS_FLOORS),
        ),
        Row("night, peak memory", f"{peak:,.0f} MB", "", "", f"{NIGHT_MB:,.0f} MB", _verdict(peak, NIGHT_MB)),
    ]


def _rooms(found: dict[str, Any]) -> list[Row]:
    lines = []
    for name, seconds in found["night"]["rooms"].items():
        beside = BESIDE.get(name)
        floor = found[beside[0]]["seconds"] if beside else 0.0
        lines.append(
            Row(
                f"  {name.replace('_', ' ')} (peak so far {found['night']['peaks'][name]:,.0f} MB)",
                _seconds(seconds),
                f"{_seconds(floor)} {beside[1]}" if beside else "",
                f"{seconds / floor:.2f}" if beside else "",
            )
        )
    return lines


def _floors(found: dict[str, Any]) -> list[Row]:
    insert = found["insert"]
    written = sum(insert[name] for name in ("follow_up_tasks", "follow_up_subtasks", "messages"))
    return [
        Row("floor: pd.read_sql of relations, candidates", beside=_seconds(found["read"]["seconds"])),
        Row("floor: one SUMMARY pass over relations", beside=_seconds(found["judge"]["seconds"])),
        Row(f"floor: executemany of {written:,.0f} rows", beside=_seconds(insert["seconds"])),
        Row(
            f"floor: plain render of {found['render']['mails']:,.0f} mails", beside=_seconds(found["render"]["seconds"])
        ),
    ]


def _planning(found: dict[str, Any]) -> list[Row]:
    ours = found["planning"]
    return [
        Row(
            "planning alone",
            _seconds(ours["seconds"]),
            f"{ours['loop']:,.0f} s row by row",
            f"1/{ours['loop'] / ours['seconds']:,.0f}",
            _seconds(PLANNING_SECONDS),
            _verdict(ours["seconds"], PLANNING_SECONDS),
        )
    ]


def _validation(found: dict[str, Any]) -> list[Row]:
    said = {
        "none": "ten expectations, no bad row",
        "half": "ten expectations, 50 % bad",
        "most": "ten expectations, 86 % bad",
        "worst": "ten expectations, 86 % bad in all ten",
    }
    ours = found["validation"]
    return [
        Row(
            words,
            _seconds(ours[key]),
            limit=_seconds(VALIDATION_SECONDS),
            verdict=_verdict(ours[key], VALIDATION_SECONDS),
        )
        for key, words in said.items()
    ]


def _again(found: dict[str, Any]) -> list[Row]:
    changed = sum(found["again"]["changed"].values())
    return [
        Row("second run of the day, rows changed", f"{changed:,.0f}", limit="0", verdict=_verdict(changed, 0)),
        Row("second run of the day", _seconds(found["again"]["seconds"])),
    ]
