"""Floors: the least work that a night cannot do without, done as plainly as Python can.

They write the same rows and fill the same templates as ours, without a key to look up, a reason to find or a
style to inline.
"""

import functools
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from babel.dates import format_date

from sql.store import query
from tasks.mail.render import SHIPPED
from tests.bench.firm import FIELD, SCHEDULE, TEMPLATE, make_empty, open_home

WRITTEN = ("follow_up_tasks", "follow_up_subtasks", "messages")
MESSAGE = "request_documents"


def read(home: Path) -> dict[str, float]:
    """`pd.read_sql` of the relations and of the schedule's candidates."""
    named = {"relation_id": None, "template": TEMPLATE, "schedule": SCHEDULE, "field": FIELD}
    with closing(sqlite3.connect(home / "relance.db")) as database:
        started = time.perf_counter()
        relations = pd.read_sql(query("relations"), database, params=named)
        candidates = pd.read_sql(query("assigned_candidates"), database, params=named)
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "relations": len(relations), "candidates": len(candidates)}


def judge(home: Path) -> dict[str, float]:
    """One pass of Great Expectations, SUMMARY, with the relations' suite over the relations."""
    importing = time.perf_counter()
    import great_expectations as gx

    imported = time.perf_counter() - importing
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from tasks.planning.candidates import extract_relations
    from tests.bench.ours import suite_of

    _, store = open_home(home)
    frame = extract_relations(store)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    started = time.perf_counter()
    suite = gx.ExpectationSuite(name="relations", expectations=suite_of("relations"))
    asset = context.data_sources.add_pandas("floor").add_dataframe_asset("floor")
    batch = asset.add_batch_definition_whole_dataframe("floor").get_batch({"dataframe": frame})
    outcome = batch.validate(suite, result_format="SUMMARY")
    return {"seconds": time.perf_counter() - started, "import": imported, "passed": bool(outcome.success)}


def insert(home: Path, empty: Path) -> dict[str, float]:
    """The rows that the night wrote, into empty tables: three `executemany` in one transaction."""
    make_empty(empty)
    rows: dict[str, Sequence[Any]] = {}
    columns: dict[str, str] = {}
    with closing(sqlite3.connect(home / "relance.db")) as database:
        for table in WRITTEN:
            # Without the columns that the database computes.
            columns[table] = ", ".join(column[1] for column in database.execute(f"PRAGMA table_info({table})"))
            rows[table] = database.execute(f"SELECT {columns[table]} FROM {table}").fetchall()
    with closing(sqlite3.connect(empty / "relance.db")) as database:
        started = time.perf_counter()
        with database:
            for table, some in rows.items():
                marks = ", ".join("?" * len(some[0]))
                database.executemany(f"INSERT INTO {table} ({columns[table]}) VALUES ({marks})", some)
        seconds = time.perf_counter() - started
    return {"seconds": seconds} | {table: len(some) for table, some in rows.items()}


def render(home: Path) -> dict[str, float]:
    """Subject, text and HTML of every mail that the night composed, by templates compiled once."""
    mails = _merge_fields(home)
    started = time.perf_counter()
    templates = {(lang, part.name): _compiled(part, lang) for lang, part in _parts()}
    written = 0
    for language, fields in mails:
        for part in ("subject.txt", "body.txt", "body.html"):
            written += len(templates[language, part].render(fields))
    return {"seconds": time.perf_counter() - started, "mails": len(mails), "characters": written}


def _parts() -> list[tuple[str, Path]]:
    return [(path.parent.name, path) for path in sorted((SHIPPED / MESSAGE).glob("*/*"))]


def _compiled(part: Path, language: str) -> jinja2.Template:
    environment = jinja2.Environment(autoescape=part.suffix == ".html", trim_blocks=True, lstrip_blocks=True)
    environment.filters["date"] = functools.cache(lambda day: format_date(day, format="long", locale=language))
    return environment.from_string(part.read_text(encoding="utf-8"))


def _merge_fields(home: Path) -> list[tuple[str, dict[str, Any]]]:
    """Language and merge fields of each message that the home's database holds."""
    sql = """
        SELECT m.language, r.name, t.label, t.due_on, u.first_name, u.last_name
        FROM messages AS m JOIN follow_up_tasks AS t USING (task_id)
        JOIN relations AS r ON r.relation_id = t.relation_id JOIN users AS u ON u.user_id = r.owner_id
        WHERE m.status = 'pending'
    """
    settings, store = open_home(home)
    store.close()
    with closing(sqlite3.connect(home / "relance.db")) as database:
        rows = pd.read_sql(sql, database, parse_dates=["due_on"]).to_dict("records")
    return [
        (
            row["language"],
            {
                "relation": {"name": row["name"]},
                "task": {"label": row["label"], "due_on": row["due_on"].date(), "is_overdue": False},
                "owner": {"first_name": row["first_name"], "last_name": row["last_name"]},
                "firm": {"name": settings.firm.name},
                "request": {},
            },
        )
        for row in rows
    ]
