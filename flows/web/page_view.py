"""Renders the page of a request: everything that its templates need, in the reader's language.

May touch: tasks/requests/page, flows/web/pages/. Tests: tests/integration/web/test_page_answers.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from flows.web.context import Web
from flows.web.render import clock_time
from flows.web.render import page as rendered
from flows.web.visit import Visit, shown_page
from tasks.domain.requests.completion import ACCEPTED
from tasks.domain.requests.files import PICTURES, accepted_kinds
from tasks.requests.page.links import find_by_id
from tasks.requests.page.model import Page, PageItem

NAMES = {"fr": "Français", "nl": "Nederlands", "en": "English"}
# A picture that a browser is asked for as JPEG is converted by an iPhone before it is sent.
ACCEPT = {
    "jpeg": "image/jpeg,.jpg,.jpeg",
    "png": "image/png,.png",
    "pdf": "application/pdf,.pdf",
    "heic": ".heic,.heif",
}


@dataclass
class Said:
    """What a page says besides its items.

    Attributes:
        errors: by item, what is wrong with what was typed.
        kept: by item, what was typed.
        said: a sentence on top.
        question, question_error: of the question form.
    """

    errors: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Mapping[str, str]] = field(default_factory=dict)
    said: str | None = None
    question: str = ""
    question_error: str | None = None


@dataclass(frozen=True)
class Shown:
    """What a page shows; rendered after the transaction that read it, which others wait for.

    Attributes:
        page: it.
        others: the session's other requests that it may see.
        session_id: the browser's session.
    """

    page: Page
    others: list[Page]
    session_id: int


def read_shown(web: Web, connection: Connection, visit: Visit) -> Shown:
    """Read what the page of a visit's link shows."""
    return Shown(shown_page(web, connection, visit), _others(web, connection, visit), visit.session.session_id)


def render_page(web: Web, shown: Shown, said: Said, status: int = 200) -> Response:
    """A page, with what else is to be said, as an answer."""
    page, firm = shown.page, web.settings.firm
    language = page.language
    owner = " ".join(page.owner[name] for name in ("first_name", "last_name") if name in page.owner)

    def local_time(at: datetime) -> str:
        return clock_time(at, language, firm.zone)

    def local_day(at: datetime) -> date:
        return at.replace(tzinfo=UTC).astimezone(firm.zone).date()

    words = web.words(language)
    return rendered(
        "page.html",
        language,
        status,
        firm=web.firm_name,
        heading=page.label,
        page=page,
        words=words,
        script_words=_script_words(words, firm.web.max_file_mb),
        most_bytes=web.most_bytes,
        languages=NAMES,
        form=web.form_token(shown.session_id),
        others=shown.others,
        owner_name=owner,
        email=page.owner.get("email", firm.sender.email),
        phone=firm.web.phone,
        max_file_mb=firm.web.max_file_mb,
        local_time=local_time,
        local_day=local_day,
        day_of=date.fromisoformat,
        may_change=lambda item: not page.link.is_closed and item.status != ACCEPTED,
        typed_before=lambda item: typed_before(item, language),
        types_of=types_of,
        accept_of=accept_of,
        takes_pictures=lambda item: any(one in PICTURES for one in types_of(item)),
        **vars(said),
    )


def _script_words(words: Mapping[str, Any], max_file_mb: int) -> str:
    """The texts that the page's script shows."""
    said = {name.removeprefix("upload_"): text for name, text in words.items() if name.startswith("upload_")}
    return json.dumps(
        said | {"camera": words["camera"], "too_large": words["errors"]["too_large"].format(size=max_file_mb)}
    )


def _others(web: Web, connection: Connection, visit: Visit) -> list[Page]:
    """The session's other requests that it may see."""
    found = []
    for link_id, is_confirmed in visit.session.links.items():
        if is_confirmed and link_id != visit.link.link_id:
            link = find_by_id(connection, link_id, web.clock(), web.today())
            if link is not None:
                found.append(shown_page(web, connection, visit, link))
    return found


def typed_before(item: PageItem, language: str) -> str:
    """What the session itself answered, as it would type it: to correct it and not to write it anew."""
    if item.value is None or item.is_value_masked:
        return item.value if item.value and item.type in ("yes_no", "choice") else ""
    if item.type == "date":
        return date.fromisoformat(item.value).strftime("%d/%m/%Y")
    return item.value.replace(".", "," if language != "en" else ".") if item.type == "number" else item.value


def types_of(item: PageItem) -> tuple[str, ...]:
    """The types of files that an item takes."""
    return accepted_kinds(item.accept)


def accept_of(item: PageItem) -> str:
    """The same as a browser is told it."""
    return ",".join(ACCEPT.get(one, f".{one}") for one in types_of(item))
