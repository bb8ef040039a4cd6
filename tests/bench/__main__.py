"""Speed and memory of a night, beside their floors, in one run: `python -m tests.bench [SIZE]`.

A measurement, not a test: it says MISSED and exits 0. Every figure comes from a fresh process
(tests/bench/measure.py); this one imports nothing heavy, so that theirs start from little.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.table import header, print_table, rows

ROOT = Path(__file__).resolve().parents[2]
SIZE = 1_000_000
WORTH_TWO_TURNS = 200_000
MISSION_TURNS = 3  # they are short, and a ratio of two short times is easily disturbed
SIDE_BY_SIDE = ("missions", "missions_polars", "missions_duckdb", "missions_loops")


def main() -> None:
    """Measure, and print the table."""
    size = int(sys.argv[1].replace("_", "").replace(",", "")) if len(sys.argv) > 1 else SIZE
    with tempfile.TemporaryDirectory(prefix="relance-bench-") as folder:
        found = measure_all(Path(folder), size)
    print_table(header(size, found, turns(size)), rows(found))


def turns(size: int) -> int:
    """How often nights and floors are measured."""
    return 2 if size >= WORTH_TWO_TURNS else 1


def measure_all(folder: Path, size: int) -> dict[str, Any]:
    """Every phase, one after the other; what each found, by name.

    Nights and floors are measured by turns, and the better one counts: a machine that others use as well gives
    every figure an ill wind now and then.
    """
    found = {"firm": measure("firm", folder / "firm", size)}
    for phase in ("planning", "validation"):
        found[phase] = measure(phase, folder / "firm")
    for turn in range(turns(size)):
        for phase, one in _one_turn(folder / "firm", folder / f"home-{turn}"):
            found[phase] = _better(found.get(phase, one), one)
    found["again"] = measure("again", folder / "home-0", folder / "before.db")
    return (
        found
        | measure_imports(folder, size)
        | measure_dispatch(folder)
        | measure_missions(size)
        | measure_reminders(folder, size)
        | measure_updates(folder, size)
        | measure_activities(folder, size)
    )


def measure_imports(folder: Path, size: int) -> dict[str, Any]:
    """A canonical file into an empty home; the floor beside it; the file again; the file with one row changed."""
    file, other = folder / "clients.csv", folder / "changed" / "clients.csv"
    measure("export", file, size)
    measure("export_changed", other, size)
    home = folder / "imports"
    return {
        "import_floor": measure("upserted", folder / "floor", file),
        "imported": measure("imported", home, file),
        "imported_again": measure("imported", home, file),
        "imported_changed": measure("imported", home, other),
    }


def measure_dispatch(folder: Path) -> dict[str, Any]:
    """The mails that the first night composed, each phase in a copy of its home."""
    home = folder / "home-0"
    found = {phase: measure(phase, home, folder / phase) for phase in ("delivered", "composed", "bare")}
    return found | {"stock": measure("stock", home)}


def measure_reminders(folder: Path, size: int) -> dict[str, Any]:
    """As many open requests, one in ten of which is reminded tonight."""
    home = folder / "requests"
    measure("requests", home, size)
    return {phase: measure(phase, home) for phase in ("reminders", "reminders_scanned")}


def measure_updates(folder: Path, size: int) -> dict[str, Any]:
    """As many relations with five fields of an update group."""
    home = folder / "updates"
    measure("fields", home, size)
    return {"updates": measure("updates", home)}


def measure_activities(folder: Path, size: int) -> dict[str, Any]:
    """As many activities, one in fifty of which is reminded of within two days."""
    home = folder / "activities"
    measure("activities", home, size)
    return {phase: measure(phase, home) for phase in ("activities_due", "activities_scanned")}


def measure_missions(size: int) -> dict[str, Any]:
    """The recurrence engine and what stands beside it, by turns."""
    found: dict[str, Any] = {"mission_turns": MISSION_TURNS}
    for _ in range(MISSION_TURNS):
        for phase in SIDE_BY_SIDE:
            one = measure(phase, size)
            found[phase] = _better(found.get(phase, one), one)
    for phase in ("missions_adjusted", "missions_chunked"):
        found[phase] = measure(phase, size)
    return found


def _better(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The faster measurement, with the greater of the two peaks: memory has no ill wind."""
    faster = min(one, other, key=lambda measured: measured["seconds"])
    return faster | {"peak_mb": max(one["peak_mb"], other["peak_mb"])}


def _one_turn(firm: Path, home: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """A night in a home of its own, and its floors."""
    shutil.copytree(firm, home)
    yield "read", measure("read", home)
    yield "judge", measure("judge", home)
    yield "night", measure("night", home)
    yield "insert", measure("insert", home, home.with_name(f"{home.name}-empty"))
    yield "render", measure("render", home)


def measure(phase: str, *arguments: object) -> dict[str, Any]:
    """One phase in a process of its own.

    Raises:
        SystemExit: it broke; its own words stand on standard error.
    """
    started = time.perf_counter()
    command = [sys.executable, "-m", "tests.bench.measure", phase, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{phase}: broke with exit code {done.returncode}")
    if sys.stderr.isatty():
        sys.stderr.write(f"measured {phase} in {time.perf_counter() - started:.0f} s\n")
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last


if __name__ == "__main__":
    main()
