"""Reading a relations file, beside what reads the same bytes: `python -m tests.bench.reading [ROWS]`.

Each figure comes from a fresh process; the best of three turns counts, and the greatest peak.
"""

import csv
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROWS = 1_000_000
TURNS = 3
COLUMNS = "relation_id,type,status,name,email,language,owner_id,company_id,id_card,id_card.expires_on"
NAMES = ("Jeanne Martin", "Zoé Lefèvre", "Luc Dupont", "Ève Simon")
BESIDE = ("read_file", "read_ragged", "read_pandas", "read_arrow")


def make_file(path: Path, rows: int, has_ragged: bool = False) -> Path:
    """A canonical relations file of ten columns; with a ragged last row if asked for, which rules out the fast way."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS.split(","))
        writer.writerows(_row(n) for n in range(rows - has_ragged))
        if has_ragged:
            writer.writerow(["R"])
    return path


def _row(n: int) -> list[str]:
    return [
        f"R{n:07}",
        ("person", "company")[n % 2],
        "client",
        f"{NAMES[n % 4]} {n}",
        f"r{n}@clients.example" if n % 5 else "",
        ("fr", "nl", "en")[n % 3],
        f"u{n % 50}",
        f"R{n // 10:07}" if n % 7 == 0 else "",
        f"{n:09}-X",
        f"202{n % 9}-{n % 12 + 1:02}-{n % 28 + 1:02}" if n % 3 else "",
    ]


def read_file(path: Path) -> dict[str, float]:
    """Ours."""
    from tasks.intake.readers.read_file import read_file

    return _timed(lambda: read_file(path).read)


def read_pandas(path: Path) -> dict[str, float]:
    """`pandas.read_csv`, all text."""
    import pandas as pd

    return _timed(lambda: len(pd.read_csv(path, dtype=str)))


def read_arrow(path: Path) -> dict[str, float]:
    """`pyarrow.csv.read_csv`, which guesses types."""
    import pyarrow.csv

    return _timed(lambda: pyarrow.csv.read_csv(path).num_rows)


def _timed(read: Any) -> dict[str, float]:
    from tests.bench.measure import peak_mb

    before, started = peak_mb(), time.perf_counter()
    rows = read()
    return {"seconds": time.perf_counter() - started, "rows": rows, "before_mb": before}


def main() -> None:
    """Measure by turns, and print a line for each."""
    from tests.bench.__main__ import measure

    rows = int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory(prefix="relance-bench-") as folder:
        regular, ragged = (make_file(Path(folder) / f"{has}.csv", rows, has) for has in (False, True))
        files = {"read_ragged": ragged}
        turns = [{phase: measure(phase, files.get(phase, regular)) for phase in BESIDE} for _ in range(TURNS)]
        sys.stdout.write(f"{rows:,} rows of ten columns, {regular.stat().st_size / 2**20:,.0f} MB; best of {TURNS}\n")
    for phase in BESIDE:
        seconds = min(turn[phase]["seconds"] for turn in turns)
        peak = max(turn[phase]["peak_mb"] for turn in turns)
        before = max(turn[phase]["before_mb"] for turn in turns)
        sys.stdout.write(f"{phase:12} {seconds:6.2f} s  peak {peak:,.0f} MB, {before:,.0f} MB of it before\n")


if __name__ == "__main__":
    main()
