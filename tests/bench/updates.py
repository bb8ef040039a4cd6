"""Update groups: SIZE relations with five fields each, one in fifty of which is asked tonight.

Planning is measured on frames that are read already, as for missions, and reading beside it.
"""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import text

from tasks.domain.definitions.update_group import UpdateGroup
from tasks.domain.planning.update_dates import plan_updates
from tasks.planning.candidates import extract_updates
from tests.bench.firm import NIGHT, make_empty, open_home
from tests.bench.measure import peak_mb

TIMES = 3
FIELDS = ("address", "turnover", "owners", "iban", "activity")
GROUP = UpdateGroup.model_validate(
    {
        "group": "papers",
        "label": "Papers",
        "for": "company",
        "fields": [{"field": name, "label": name, "type": "text"} for name in FIELDS],
        "starts_on": NIGHT.replace(day=1),
        "frequency": "quarterly",
        "remove_after_months": 1,
    }
)
ROWS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :size)"
RELATIONS = """INSERT INTO relations (relation_id, type, status, name, email, language, first_seen_on, folded_id)
SELECT 'R' || i, 'company', 'client', 'Client ' || i, 'r' || i || '@x.example', 'fr', :night, 'r' || i FROM n"""
# Most were updated last week and wait for the next date; one in fifty was not; some go by dates of their own.
VALUES = """INSERT INTO relation_fields (relation_id, field, value, source, updated_on, expires_on, next_update_on)
SELECT 'R' || i, :field, 'x', 'file',
    date(:night, CASE WHEN i % 50 = 0 THEN '-400 days' ELSE '-7 days' END),
    CASE WHEN i % 7 = 0 THEN date(:night, '+' || (i % 900) || ' days') END,
    CASE WHEN i % 11 = 0 THEN date(:night, '+' || (1 + i % 300) || ' days') END FROM n"""


def make_fields(home: Path, size: int) -> dict[str, float]:
    """A home whose `size` relations have every field."""
    make_empty(home)
    _, store = open_home(home)
    with store.begin() as connection:
        for statement, fields in ((RELATIONS, ("",)), (VALUES, FIELDS)):
            insert, _, select = statement.partition("SELECT")
            for field in fields:
                given = {"size": size, "night": NIGHT.isoformat()} | ({"field": field} if field else {})
                connection.execute(text(f"{insert} {ROWS} SELECT{select}"), given)
    store.close()
    return {"bytes": float((home / "relance.db").stat().st_size)}


def planned(home: Path) -> dict[str, Any]:
    """Which dossiers are due tonight."""
    _, store = open_home(home)
    started = time.perf_counter()
    relations, fields = extract_updates(store, GROUP)
    read_seconds = time.perf_counter() - started
    seconds, due = [], 0
    for _ in range(TIMES):
        started = time.perf_counter()
        due = int(plan_updates(relations, fields, GROUP, NIGHT)["reason"].isna().sum())
        seconds.append(time.perf_counter() - started)
    store.close()
    return {"seconds": min(seconds), "read_seconds": read_seconds, "due": due, "peak_mb": peak_mb()}
