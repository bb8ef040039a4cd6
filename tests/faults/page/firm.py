"""The firm whose client answers: one request with an item for every kind of act, mailed today."""

import re
import sys
from email import policy
from email.parser import BytesParser
from pathlib import Path

from flows.home.settings import Settings, load_settings

HARNESS = str(Path(__file__).resolve().parents[2] / "harness")
ITEMS = [
    {"key": "kms", "label": "Kilomètres", "type": "number", "field": "annual_km"},
    {"key": "iban", "label": "IBAN", "type": "text", "check": "iban", "field": "iban", "review": "owner"},
    {"key": "regime", "label": "Régime", "type": "choice", "options": ["réel", "micro"]},
    {"key": "bank", "label": "Relevés", "type": "document"},
    {"key": "card", "label": "Carte", "type": "document"},
    {"key": "rest", "label": "Reste", "type": "text"},  # stays open, so that the request does
]
IBAN = "FR7630006000011234567890189"
CLIENT, TASK, STEP = "R1", 1, "documents"


def make_firm(home: Path, database_url: str) -> None:
    """A home with a client who is asked for everything; to be called in a process of its own, for pyarrow's threads."""
    from flows.home.copy import copy_home
    from sql.migrate import migrate

    sys.path.append(HARNESS)
    from page_client import ask

    from factories import Office, relation

    copy_home("starter", home)
    settings = settings_of(home, database_url)
    office = Office(settings, settings.open_store())
    migrate(office.store)
    ask(office, relation(CLIENT, "2027-03-01", annual_km="900", iban=IBAN), items=ITEMS, web="  check: link\n")
    assert [task["task_id"] for task in office.tasks(relation_id=CLIENT)] == [TASK]
    office.store.close()


def settings_of(home: Path, database_url: str) -> Settings:
    """The home's settings, of this database."""
    return load_settings(home, {"RELANCE_DATABASE_URL": database_url})


def link_of(settings: Settings) -> str:
    """The path of the page's link, from the message that was sent."""
    (path,) = settings.outbox.glob("*.eml")
    mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    found = re.search(r"/r/\w+", mail.get_body(("plain",)).get_content())
    assert found is not None
    return found[0]
