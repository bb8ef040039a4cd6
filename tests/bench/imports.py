"""Imports: a canonical file of relations with their cards, the same file again, and the floor beside them.

The floor is what a user would write who trusts the file: pandas' own typed read, and one upsert of what it gave.
"""

import csv
import sqlite3
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from flows.jobs.imports import run_import
from tasks.intake import check as judging
from tests.bench.firm import NIGHT, make_empty, open_home
from tests.bench.measure import peak_mb

COLUMNS = ("relation_id", "type", "status", "name", "email", "language", "owner_id", "id_card", "id_card.expires_on")
TYPES, LANGUAGES = ("person", "company", "sole_trader"), ("fr", "nl", "en")
UPSERT = """
INSERT INTO relations (relation_id, type, status, name, email, language, owner_id, first_seen_on)
VALUES (?, ?, ?, ?, ?, ?, ?, '2026-11-24')
ON CONFLICT (relation_id) DO UPDATE SET type = excluded.type, status = excluded.status, name = excluded.name,
    email = excluded.email, language = excluded.language, owner_id = excluded.owner_id
"""
UPSERT_FIELD = """
INSERT INTO relation_fields (relation_id, field, value, expires_on, source, updated_on)
VALUES (?, 'id_card', ?, ?, 'clients.csv', '2026-11-24')
ON CONFLICT (relation_id, field) DO UPDATE SET value = excluded.value, expires_on = excluded.expires_on
"""


def export_changed(file: Path, size: int) -> dict[str, Any]:
    """The same, but for the name in its middle row."""
    return export(file, size, other=size // 2)


def export(file: Path, size: int, other: int = -1) -> dict[str, Any]:
    """A canonical file of so many relations, one of which has another name if asked for."""
    file.parent.mkdir(parents=True, exist_ok=True)
    first = date(2027, 1, 1)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for n in range(size):
            row = [
                f"R{n:07d}",
                TYPES[n % 3],
                "client",
                "Another" if n == other else f"Relation Numéro {n}",
                f"r{n}@clients.example",
                LANGUAGES[n % 3],
            ]
            writer.writerow([*row, f"u{n % 50}", f"591-{n:08d}", (first + timedelta(days=n % 3000)).isoformat()])
    return {"seconds": 0.0, "mb": file.stat().st_size / 2**20}


def imported(home: Path, file: Path) -> dict[str, Any]:
    """One import into a home; a home of its own is made where there is none."""
    import great_expectations  # noqa: F401 - its import is no part of the import's seconds

    if not home.exists():
        make_empty(home)
    settings, store = open_home(home)
    spent = [0.0]
    judging.validate = _clocked(judging.validate, spent)
    before, started = peak_mb(), time.perf_counter()
    admission = run_import(settings, store, "relations", file, None, NIGHT).admission
    seconds = time.perf_counter() - started
    store.close()
    figures = {"new": admission.new, "changed": admission.changed, "unchanged": admission.unchanged}
    return {"seconds": seconds, "judging": spent[0], "before_mb": before, "read": admission.read} | figures


def _clocked(room: Any, seconds: list[float]) -> Any:
    def walk(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        try:
            return room(*args, **kwargs)
        finally:
            seconds[0] += time.perf_counter() - started

    return walk


def upserted(home: Path, file: Path) -> dict[str, Any]:
    """The floor: pandas' typed read of the file, and one upsert of its rows and fields."""
    make_empty(home)
    started = time.perf_counter()
    rows = pd.read_csv(file, dtype=dict.fromkeys(COLUMNS[:-1], "str"), parse_dates=[COLUMNS[-1]])
    reading = time.perf_counter() - started
    days = rows[COLUMNS[-1]].dt.strftime("%Y-%m-%d")
    with closing(sqlite3.connect(home / "relance.db")) as database, database:
        database.executemany(UPSERT, zip(*(rows[c].tolist() for c in COLUMNS[:7]), strict=True))
        fields = zip(rows["relation_id"].tolist(), rows["id_card"].tolist(), days.tolist(), strict=True)
        database.executemany(UPSERT_FIELD, fields)
    return {"seconds": time.perf_counter() - started, "reading": reading, "rows": len(rows)}
