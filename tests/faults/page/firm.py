"""The firm whose client answers: one open request with an item for every kind of act, and the link to it."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from flows.home.settings import Settings, load_settings
from sql import schema
from sql.store import Store
from tasks.requests.page.links import Asked, tokens_of

IBAN = "FR7630006000011234567890189"
CLIENT, TASK, STEP = "R1", 1, "documents"
ITEMS: list[dict[str, Any]] = [
    {"key": "kms", "type": "number", "field": "annual_km"},
    {"key": "iban", "type": "text", "check_name": "iban", "field": "iban", "is_reviewed": True},
    {"key": "regime", "type": "choice", "options": '["réel", "micro"]'},
    {"key": "bank", "type": "document", "min_files": 1},
    {"key": "card", "type": "document", "min_files": 1},
    {"key": "rest", "type": "text"},  # stays open, so that the request does
]
FLAGS = {"is_optional": False, "is_reviewed": False, "is_expiry_asked": False}
WEB = "\nweb:\n  url: http://127.0.0.1:8080\n  check: link\n"


def make_firm(home: Path, database_url: str) -> None:
    """A home with a client who is asked for everything; to be called in a process of its own."""
    from flows.home.copy import copy_home
    from sql.migrate import migrate

    copy_home("starter", home)
    firm = home / "firm.yaml"
    firm.write_text(firm.read_text(encoding="utf-8") + WEB, encoding="utf-8")
    with closing(settings_of(home, database_url).open_store()) as store:
        migrate(store)
        with store.begin() as connection:
            _fill(connection, datetime.now(UTC).date())


def _fill(connection: Connection, today: date) -> None:
    """The rows that an import and a night make."""
    client = {"relation_id": CLIENT, "type": "person", "status": "client", "name": "Jeanne Martin", "language": "fr"}
    known = [{"field": "annual_km", "value": "900"}, {"field": "iban", "value": IBAN}]
    task = {"template": "id-card", "schedule": "renewal", "mission_id": "", "occurrence": "1", "label": "Pièces"}
    days = {"planned_on": today, "due_on": today + timedelta(days=60), "created_on": today}
    step = {"task_id": TASK, "key": STEP, "position": 0, "kind": "request", "status": "open", "send_on": today}
    items = [
        {"task_id": TASK, "subtask": STEP, "position": n, "label": one["key"], "status": "open"} | FLAGS | one
        for n, one in enumerate(ITEMS)
    ]
    connection.execute(insert(schema.relations).values(client | {"first_seen_on": today}))
    for field in known:
        row = {"relation_id": CLIENT, "source": "import", "updated_on": today - timedelta(days=7)}
        connection.execute(insert(schema.relation_fields).values(row | field))
    made = {"task_id": TASK, "relation_id": CLIENT, "status": "open"}
    connection.execute(insert(schema.follow_up_tasks).values(made | task | days))
    connection.execute(insert(schema.follow_up_subtasks).values(step))
    for item in items:
        connection.execute(insert(schema.request_items).values(item))


def settings_of(home: Path, database_url: str) -> Settings:
    """The home's settings, of this database."""
    return load_settings(home, {"RELANCE_DATABASE_URL": database_url})


def link_of(settings: Settings, store: Store) -> str:
    """The path of the link to the client's page."""
    asked = Asked(TASK, STEP, CLIENT)
    with store.begin() as connection:
        tokens = tokens_of(connection, [asked], settings.web_key(), datetime.now(UTC), is_mailed=True)
    store.close()
    return f"/r/{tokens[asked]}"
