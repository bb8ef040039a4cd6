"""A client of the client's page: asks the application as a web server does, keeps cookies, and sends the page's own forms."""

import asyncio
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from html.parser import HTMLParser
from typing import Any

import httpx

from factories import TUESDAY, Office, relation
from flows.web.app import make_app
from flows.web.context import Web

BASE = "http://127.0.0.1:8080"
ITEMS = [
    {"key": "card", "label": "Carte", "type": "document", "field": "id_card", "expires": "ask"},
    {"key": "bank", "label": "Relevés", "type": "document", "min_files": 2, "accept": ["pdf", "jpeg", "png", "txt"]},
    {"key": "kms", "label": "Kilomètres", "type": "number", "field": "annual_km"},
    {"key": "start", "label": "Début", "type": "date"},
    {"key": "iban", "label": "IBAN", "type": "text", "check": "iban", "field": "iban", "review": "owner"},
    {"key": "vat", "label": "TVA ?", "type": "yes_no"},
    {"key": "regime", "label": "Régime", "type": "choice", "options": ["réel", "micro"]},
    {"key": "other", "label": "Autre chose ?", "type": "text", "required": False, "help": "Facultatif"},
]
OWNER = {"user_id": "U1", "first_name": "Anne", "last_name": "Dupont", "email": "anne@cabinet.example"}


def pdf(pages: int = 1) -> bytes:
    """A PDF of blank pages."""
    from pypdf import PdfWriter

    writer, written = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    writer.write(written)
    return written.getvalue()


def ask(
    office: Office, *rows: dict[str, str], items: list[dict[str, Any]] = ITEMS, web: str = "", **request: Any
) -> None:
    """Have relations asked for items, by mail with a link; `web` are further settings of the page."""
    firm = office.settings.home / "firm.yaml"
    text = firm.read_text(encoding="utf-8")
    firm.write_text(f"{text}\nweb:\n  url: {BASE}\n{web}", encoding="utf-8")
    step = {"key": "documents", "kind": "request", "message": "request_documents", "items": items}
    step |= {
        "label": "Pièces du mois",
        "send": {"from": "creation"},
        "on_complete": "ready",
        "reminders": "gently",
    } | request
    schedule = {"key": "monthly", "anchor": "period", "starts_on": TUESDAY.isoformat(), "frequency": "yearly"}
    office.define("month", subtasks=[step], schedules=[schedule])
    office.take("users", OWNER)
    asked = rows or (relation("R1", "2027-03-01", owner_id="U1", annual_km="900", iban="FR7630006000011234567890189"),)
    office.bring(*asked)
    office.assign("month/monthly", *(row["relation_id"] for row in asked), since=TUESDAY)
    office.night(TUESDAY)


def mails(office: Office) -> list[Any]:
    """The e-mails in the outbox, in order."""
    parser = BytesParser(policy=policy.default)
    return [parser.parsebytes(file.read_bytes()) for file in sorted(office.settings.outbox.glob("*.eml"))]


def text_of(mail: Any) -> str:
    """An e-mail's text part."""
    return str(mail.get_body(("plain",)).get_content())


def link_in(mail: Any) -> str:
    """The path of the page's link in an e-mail."""
    return re.search(rf"{re.escape(BASE)}(/r/\S+)", text_of(mail))[1]


class Moment:
    """The instant that the pages go by; noon of the night's day at first."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 24, 11, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant

    def forward(self, **by: float) -> None:
        """Some minutes, hours or days later."""
        self.instant += timedelta(**by)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given["action"], {}))
        if tag == "input" and given.get("type") == "hidden":
            self.forms[-1][1][given["name"]] = given["value"]


@dataclass
class Pages:
    """The application of an office, and one browser; `other` is another browser."""

    office: Office
    clock: Moment
    headers: dict[str, str] = field(default_factory=dict)
    address: str = "203.0.113.9"
    web: Web | None = None

    def __post_init__(self) -> None:
        settings = self.office.settings
        if self.web is None:
            self.web = Web(settings, self.office.store, settings.web_key(), self.clock, self._send, settings.renderer)
        self._app = make_app(self.web, None)
        self.cookies = httpx.Cookies()

    def other(self, **changes: Any) -> "Pages":
        """Another browser on the same application."""
        return Pages(self.office, self.clock, web=self.web, **changes)

    def _send(self) -> None:
        from flows.home.outgoing import open_outgoing
        from tasks.mail.delivery.deliver import deliver_immediate

        settings, store = self.office.settings, self.office.store
        with open_outgoing(settings, store) as outgoing:
            deliver_immediate(store, outgoing, settings.templates, as_of=self.web.today(), clock=self.clock)

    def ask(self, method: str, path: str, **words: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=(self.address, 5))
            async with httpx.AsyncClient(transport=transport, base_url=BASE, cookies=self.cookies) as client:
                headers = self.headers | words.pop("headers", {})
                answer = await client.request(method, path, headers=headers, **words)
                self.cookies = client.cookies
                return answer

        return asyncio.run(once())

    def get(self, path: str, **words: Any) -> httpx.Response:
        return self.ask("GET", path, **words)

    def post(self, path: str, data: dict[str, Any] | None = None, **words: Any) -> httpx.Response:
        return self.ask("POST", path, data=data, **words)

    def open(self, path: str) -> httpx.Response:
        """Press the button behind a link, and show the page."""
        (action, fields), *_ = self.forms(self.get(path))
        assert self.post(action, fields).status_code == 303
        return self.get("/d")

    def forms(self, answer: httpx.Response) -> list[tuple[str, dict[str, str]]]:
        """The forms of a page: each one's action and hidden fields."""
        found = _Forms()
        found.feed(answer.text)
        return [(action.partition("#")[0], fields) for action, fields in found.forms]

    def form(self, ending: str, answer: httpx.Response | None = None) -> tuple[str, dict[str, str]]:
        """The form whose action has this ending, on the page as it is now."""
        shown = answer or self.get("/d")
        return next((action, fields) for action, fields in self.forms(shown) if action.endswith(ending))

    def send(self, key: str, files: Any = None, **typed: str) -> httpx.Response:
        """Send the form of an item."""
        action, fields = self.form(f"/items/{key}")
        return self.post(action, fields | typed, files=files)

    def upload(self, key: str, name: str, content: bytes, **headers: str) -> httpx.Response:
        """Send one file as the page's script does."""
        action, fields = self.form(f"/items/{key}")
        given = {"x-form": fields["form"], "x-file-name": name} | headers
        return self.ask("POST", f"{action}/files", content=content, headers=given)

    def states(self) -> dict[str, str]:
        """The state of each item, as the page says it."""
        return dict(re.findall(r'<section id="item-([\w-]+)" data-state="(\w+)"', self.get("/d").text))
