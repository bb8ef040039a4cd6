"""The table: what was measured, ours beside a floor or an alternative, the ratio, and the limit."""

import os
import platform
import sqlite3
import sys
import time
from importlib.metadata import version
from typing import Any

from tests.bench.dispatch_rows import dispatch_rows
from tests.bench.import_rows import import_rows
from tests.bench.row import Row, in_milliseconds, in_seconds, verdict

PLANNING_SECONDS = 1.0
VALIDATION_SECONDS = 5.0
NIGHT_TIMES_ITS_FLOORS = 3.0
NIGHT_MB = 1.2 * 1024
UPDATE_SECONDS = 1.5
ACTIVITY_SECONDS = 1.0
REMINDER_SECONDS = 1.0
MISSIONS_TIMES_THE_BEST = 1.5
MISSIONS_SHARE_OF_A_LOOP = 1 / 200
MISSIONS_MB = 600
MISSIONS_GROWTH = 1.25  # per row, ten chunks beside one: linear, and the noise of single runs
FLOORS = ("read", "judge", "insert", "render")
SHOWN = ("pandas", "numpy", "pyarrow", "great-expectations", "SQLAlchemy", "Jinja2", "css-inline", "polars", "duckdb")
# The room of the night that does what a floor does, and more.
BESIDE = {
    "extract_relations": None,
    "validate": ("judge", "GX alone"),
    "materialise": None,
    "compose": ("render", "render alone"),
}


def header(size: int, found: dict[str, Any], turns: int) -> list[str]:
    """Size, day, machine, versions."""
    libraries = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    due, mails = found["night"]["created"], found["night"]["mails"]
    return [
        f"{size:,} relations, {due:,} due, {mails:,} mails; database {found['firm']['bytes'] / 2**20:,.0f} MB",
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}",
        f"Night and floors: each in a process of its own, the best of {turns}; peak memory: the worst of {turns}.",
        f"Recurrence: {size:,} mission services, what a month's catch-up plans; {found['mission_turns']} turns, the best of each.",
        f"The row loops ran over {found['planning']['looped']:,} rows; their seconds are extrapolated to all.",
        f"The stock client sent {found['stock']['mails']:,} mails; its mails a minute are extrapolated. Answers after 50 ms.",
        f"The import of Great Expectations ({found['judge']['import']:.1f} s here) is left out on both sides.",
    ]


def rows(found: dict[str, Any]) -> list[Row]:
    """The table's lines."""
    return [
        *_night(found),
        *_rooms(found),
        *_floors(found),
        *_planning(found),
        *_validation(found),
        *_again(found),
        *import_rows(found),
        *mission_rows(found),
        *dispatch_rows(found),
        *reminder_rows(found),
        *update_rows(found),
        *activity_rows(found),
    ]


def update_rows(found: dict[str, Any]) -> list[Row]:
    """Update groups: which dossiers are due tonight."""
    ours = found["updates"]
    return [
        Row(
            f"dossiers due: {ours['due']:,} of the relations, five fields each, planned",
            in_seconds(ours["seconds"]),
            f"{in_seconds(ours['read_seconds'])} reading them",
            f"{ours['seconds'] / ours['read_seconds']:.2f} x",
            in_seconds(UPDATE_SECONDS),
            verdict(ours["seconds"], UPDATE_SECONDS),
        )
    ]


def activity_rows(found: dict[str, Any]) -> list[Row]:
    """Reminders of activities: those of two days found at once, and those of one dispatch."""
    ours, beside = found["activities_due"], found["activities_scanned"]
    return [
        Row(
            f"reminders of activities: {ours['all_due']:,} of two days found; {ours['one_due']:,} of one dispatch",
            f"{in_milliseconds(ours['all_seconds'])}; {in_milliseconds(ours['one_seconds'])}",
            f"{in_seconds(beside['seconds'])} all activities read, in pandas",
            f"{ours['all_seconds'] / beside['seconds']:.2f} x",
            in_seconds(ACTIVITY_SECONDS),
            verdict(ours["all_seconds"], ACTIVITY_SECONDS),
        )
    ]


def reminder_rows(found: dict[str, Any]) -> list[Row]:
    """Reminders: which of the open requests are due tonight."""
    ours, beside = found["reminders"], found["reminders_scanned"]
    return [
        Row(
            f"reminders due: {ours['due']:,} of the open requests, read and decided",
            in_seconds(ours["seconds"]),
            f"{in_seconds(beside['seconds'])} all requests read, in pandas",
            f"{ours['seconds'] / beside['seconds']:.2f} x",
            in_seconds(REMINDER_SECONDS),
            verdict(ours["seconds"], REMINDER_SECONDS),
        )
    ]


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


def _night(found: dict[str, Any]) -> list[Row]:
    ours, floor = found["night"]["seconds"], sum(found[name]["seconds"] for name in FLOORS)
    peak = found["night"]["peak_mb"]
    return [
        Row(
            "night, read to composed",
            in_seconds(ours),
            f"{in_seconds(floor)} floors",
            f"{ours / floor:.2f}",
            f"{NIGHT_TIMES_ITS_FLOORS:g} x",
            verdict(ours / floor, NIGHT_TIMES_ITS_FLOORS),
        ),
        Row("night, peak memory", f"{peak:,.0f} MB", "", "", f"{NIGHT_MB:,.0f} MB", verdict(peak, NIGHT_MB)),
    ]


def _rooms(found: dict[str, Any]) -> list[Row]:
    lines = []
    for name, seconds in found["night"]["rooms"].items():
        beside = BESIDE.get(name)
        floor = found[beside[0]]["seconds"] if beside else 0.0
        lines.append(
            Row(
                f"  {name.replace('_', ' ')} (peak so far {found['night']['peaks'][name]:,.0f} MB)",
                in_seconds(seconds),
                f"{in_seconds(floor)} {beside[1]}" if beside else "",
                f"{seconds / floor:.2f}" if beside else "",
            )
        )
    return lines


def _floors(found: dict[str, Any]) -> list[Row]:
    insert = found["insert"]
    written = sum(insert[name] for name in ("follow_up_tasks", "follow_up_subtasks", "messages"))
    return [
        Row("floor: pd.read_sql of relations, candidates", beside=in_seconds(found["read"]["seconds"])),
        Row("floor: one SUMMARY pass over relations", beside=in_seconds(found["judge"]["seconds"])),
        Row(f"floor: executemany of {written:,.0f} rows", beside=in_seconds(insert["seconds"])),
        Row(
            f"floor: plain render of {found['render']['mails']:,.0f} mails",
            beside=in_seconds(found["render"]["seconds"]),
        ),
    ]


def _planning(found: dict[str, Any]) -> list[Row]:
    ours = found["planning"]
    return [
        Row(
            "planning alone",
            in_seconds(ours["seconds"]),
            f"{ours['loop']:,.0f} s row by row",
            f"1/{ours['loop'] / ours['seconds']:,.0f}",
            in_seconds(PLANNING_SECONDS),
            verdict(ours["seconds"], PLANNING_SECONDS),
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
            in_seconds(ours[key]),
            limit=in_seconds(VALIDATION_SECONDS),
            verdict=verdict(ours[key], VALIDATION_SECONDS),
        )
        for key, words in said.items()
    ]


def _again(found: dict[str, Any]) -> list[Row]:
    changed = sum(found["again"]["changed"].values())
    return [
        Row("second run of the day, rows changed", f"{changed:,.0f}", limit="0", verdict=verdict(changed, 0)),
        Row("second run of the day", in_seconds(found["again"]["seconds"])),
    ]


def mission_rows(found: dict[str, Any]) -> list[Row]:
    """The recurrence engine's lines: `missions` and what was measured beside them."""
    return [
        *_missions(found),
        *_mission_loops(found),
        *_mission_memory(found),
        _mission_growth(found["missions_chunked"]),
    ]


def _missions(found: dict[str, Any]) -> list[Row]:
    ours = found["missions"]
    return [
        Row(
            f"recurrence, {ours['periods']:,.0f} periods",
            in_milliseconds(ours["seconds"]),
            f"{in_milliseconds(found[phase]['seconds'])} {name}",
            f"{ours['seconds'] / found[phase]['seconds']:.2f}",
            f"{MISSIONS_TIMES_THE_BEST:g} x",
            verdict(ours["seconds"] / found[phase]["seconds"], MISSIONS_TIMES_THE_BEST),
        )
        for phase, name in (("missions_polars", "polars"), ("missions_duckdb", "DuckDB"))
    ]


def _mission_loops(found: dict[str, Any]) -> list[Row]:
    ours, loops = found["missions"]["seconds"], found["missions_loops"]
    said = {"from_first": "from each first date", "from_floor": "from the floor on"}
    return [
        Row(
            f"recurrence, dateutil {words}",
            in_milliseconds(ours),
            f"{loops[key]:,.1f} s row by row",
            f"1/{loops[key] / ours:,.0f}",
            f"1/{1 / MISSIONS_SHARE_OF_A_LOOP:,.0f}",
            verdict(ours / loops[key], MISSIONS_SHARE_OF_A_LOOP),
        )
        for key, words in said.items()
    ]


def _mission_memory(found: dict[str, Any]) -> list[Row]:
    plain, adjusted, chunked = (found[f"missions{kind}"] for kind in ("", "_adjusted", "_chunked"))
    said = {
        f"recurrence, peak memory ({plain['made_mb']:,.0f} MB before)": plain,
        f"  to the next working day, in {in_milliseconds(adjusted['seconds'])}": adjusted,
        "  ten times as many, in ten chunks": chunked,
    }
    return [
        Row(
            words,
            f"{one['peak_mb']:,.0f} MB",
            limit=f"{MISSIONS_MB:,.0f} MB",
            verdict=verdict(one["peak_mb"], MISSIONS_MB),
        )
        for words, one in said.items()
    ]


def _mission_growth(chunked: dict[str, Any]) -> Row:
    linear = chunked["linear"]
    return Row(
        f"recurrence, ten chunks, {chunked['periods']:,.0f} periods",
        in_milliseconds(chunked["seconds"]),
        f"{in_milliseconds(linear)} ten times one",
        f"{chunked['seconds'] / linear:.2f}",
        f"{MISSIONS_GROWTH:g} x",
        verdict(chunked["seconds"] / linear, MISSIONS_GROWTH),
    )
