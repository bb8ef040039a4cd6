"""`relance web` in a process of its own, for a firm that has asked its clients for an item of every type."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from sqlalchemy import select

from factories import Office, relation
from flows.home.copy import copy_home
from flows.home.settings import load_settings
from served import clean_environment, end_group
from sql import schema
from sql.migrate import migrate

ROOT = Path(__file__).resolve().parents[2]
URL = "http://127.0.0.1:8080"
SECONDS_TO_LISTEN = 30
OWNER = {"user_id": "U1", "first_name": "Anne", "last_name": "Lemaire", "email": "anne@cabinet.example"}
# What a link may never give away (D2, D3).
NAME = "Jeanne Martin"


def labels(fr: str, nl: str, en: str) -> dict[str, str]:
    return {"fr": fr, "nl": nl, "en": en}


ITEMS: list[dict[str, Any]] = [
    {
        "key": "card",
        "label": labels("Carte d'identité", "Identiteitskaart", "Identity card"),
        "help": labels("Recto et verso, lisibles.", "Voor- en achterzijde, leesbaar.", "Both sides, readable."),
        "field": "id_card",
        "expires": "ask",
    },
    {
        "key": "bank",
        "label": labels("Relevés bancaires du trimestre", "Rekeninguittreksels", "Bank statements"),
        "min_files": 2,
        "max_files": 4,
    },
    {"key": "iban", "label": "IBAN", "type": "text", "check": "iban", "review": "owner", "field": "iban"},
    {
        "key": "kms",
        "label": labels("Kilomètres parcourus", "Gereden kilometers", "Kilometres driven"),
        "type": "number",
    },
    {"key": "began", "label": labels("Début de l'activité", "Begin activiteit", "Start of business"), "type": "date"},
    {
        "key": "staff",
        "label": labels("Avez-vous du personnel ?", "Personeel?", "Do you employ anybody?"),
        "type": "yes_no",
    },
    {
        "key": "regime",
        "label": labels("Régime de TVA", "Btw-stelsel", "VAT scheme"),
        "type": "choice",
        "options": ["Franchise", "Simplifié", "Réel normal"],
    },
    {
        "key": "note",
        "label": labels("Autres remarques", "Andere opmerkingen", "Anything else"),
        "type": "text",
        "required": False,
        "help": labels("Ce que nous devons savoir.", "Wat wij moeten weten.", "What we should know."),
    },
]


def make_firm(home: Path, clients: Sequence[tuple[str, str]], **environment: str) -> Office:
    """A firm that mailed its request to clients today; a client is an id and a language."""
    copy_home("starter", home)
    firm = home / "firm.yaml"
    words = firm.read_text(encoding="utf-8").replace("quiet: [weekends, holidays]", "quiet: []")
    firm.write_text(f"{words}\nweb: {{url: '{URL}', phone: '+33 1 23 45 67 89'}}\n", encoding="utf-8")
    settings = load_settings(home, environment)
    office = Office(settings, settings.open_store())
    migrate(office.store)
    today = settings.today()
    since = today - timedelta(days=7)
    request = {
        "key": "documents",
        "kind": "request",
        "label": labels("Pièces pour votre bilan", "Stukken voor uw balans", "Documents for your accounts"),
        "message": "request_documents",
        "items": ITEMS,
        "send": {"from": "creation"},
    }
    schedule = {
        "key": "yearly",
        "anchor": "period",
        "starts_on": (today + timedelta(days=14)).isoformat(),
        "frequency": "yearly",
        "plan_before_days": 30,
    }
    office.define("accounts", label="Bilan annuel", subtasks=[request], schedules=[schedule])
    office.take("users", OWNER, on=since)
    mine = {"owner_id": "U1", "name": NAME}
    card_until = (today + timedelta(days=400)).isoformat()
    rows = (relation(c, card_until, email=address_of(c), language=lang, **mine) for c, lang in clients)
    office.bring(*rows, on=since)
    office.assign("accounts/yearly", *(client for client, _ in clients), since=since)
    office.night(today)
    return office


def address_of(client: str) -> str:
    """Where a client's mail goes."""
    return f"{client.casefold()}@client.example"


class PageServer:
    """The page of a firm, served at `address`; `said` grows with what the process prints to standard error."""

    def __init__(self, office: Office, **environment: str) -> None:
        self.office, self.said, self.address = office, [], ""
        command = [sys.executable, "-m", "flows", "web", "--home", str(office.settings.home), "--port", "0"]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=clean_environment(**environment),
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._listens = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        assert self._listens.wait(SECONDS_TO_LISTEN), self.said
        assert self.address, self.said

    def _listen(self) -> None:
        with self.process.stderr as lines:
            for line in lines:
                self.said.append(line)
                if not self.address and (found := re.search(r"http://\S+", line)):
                    self.address = found[0]
                    self._listens.set()
        self._listens.set()

    def mails_to(self, client: str) -> list[str]:
        """The text of the messages that a client got, the first one first."""
        files = sorted(self.office.mails(), key=os.path.getmtime)
        letters = (BytesParser(policy=policy.default).parsebytes(file.read_bytes()) for file in files)
        return [one.get_body(("plain",)).get_content() for one in letters if address_of(client) in one["To"]]

    def link_of(self, client: str) -> str:
        """The link in a client's first message, at the port where the page is served."""
        (found,) = set(re.findall(re.escape(URL) + r"(/r/\w+)", self.mails_to(client)[0]))
        return self.address + found

    def task_of(self, client: str) -> int:
        """The number of a client's task."""
        (task,) = self.office.tasks(relation_id=client)
        return task["task_id"]

    def events(self, client: str) -> list[str]:
        """What happened to a client's request since its link was made, in its order (D8)."""
        e = schema.request_events.c
        wanted = select(e.kind).where(e.task_id == self.task_of(client), e.kind != "link_made").order_by(e.event_id)
        with self.office.store.begin(only_reads=True) as connection:
            return list(connection.execute(wanted).scalars())

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self.office.store.begin(only_reads=True) as connection:
            return len(connection.execute(select(getattr(schema, table))).all())

    def kept_files(self) -> list[Path]:
        """Every file in the home's documents/."""
        return sorted(path for path in self.office.settings.documents.rglob("*") if path.is_file())


@contextmanager
def serving_page(home: Path, clients: Sequence[tuple[str, str]], **environment: str) -> Iterator[PageServer]:
    """Serve the pages of a new firm; `environment` names another database than its own."""
    office = make_firm(home, clients, **environment)
    with closing(office.store):
        server = PageServer(office, **environment)
        try:
            yield server
        finally:
            end_group(server.process)
