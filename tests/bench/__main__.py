"""Speed and memory of a night, beside their floors, in one run: `python -m tests.bench [SIZE]`.

A measurement, not a test: it says MISSED and exits 0. Every figure comes from a fresh process
(tests/bench/measure.py); this one imports nothing heavy, so that theirs start from little.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.table import header, print_table, rows

ROOT = Path(__file__).resolve().parents[2]
SIZE = 1_000_000


def main() -> None:
    """Measure, and print the table."""
    size = int(sys.argv[1].replace("_", "").replace(",", "")) if len(sys.argv) > 1 else SIZE
    with tempfile.TemporaryDirectory(prefix="relance-bench-") as folder:
        found = measure_all(Path(folder), size)
    print_table(header(size, found), rows(found))


def measure_all(folder: Path, size: int) -> dict[str, Any]:
    """Every phase, one after the other; what each found, by name."""
    home = folder / "home"
    phases: dict[str, tuple[object, ...]] = {
        "firm": (home, size),
        "read": (home,),
        "judge": (home,),
        "planning": (home,),
        "validation": (home,),
        "night": (home,),
        "again": (home, folder / "before.db"),
        "insert": (home, folder / "empty"),
        "render": (home,),
    }
    return {phase: measure(phase, *arguments) for phase, arguments in phases.items()}


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
