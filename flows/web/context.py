"""What every page needs: the home, its database, the key, the clock, the limits and the texts.

May touch: settings, the store. Tests: tests/integration/web/.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request

from flows.home.settings import Settings
from flows.web.desk.worker import Jobs
from flows.web.limits import Limits
from sql.store import Store
from tasks.domain.requests.tokens import derive_token, is_same
from tasks.mail.render import Renderer
from tasks.requests.page.view import LANGUAGES
from tasks.translations import read_words

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Web:
    """What the pages of one home share.

    Attributes:
        settings: the home's.
        store: its database.
        key: the secret from which links are derived.
        clock: returns the current instant, UTC.
        send_now: has the messages sent that somebody waits for.
        renderer: for the firm's messages.
        limits: how often something may be asked.
        jobs: has the desk's acts done.
        start_work: has a work of the desk done, by its number, in a process of its own.
    """

    settings: Settings
    store: Store
    key: bytes
    clock: Callable[[], datetime]
    send_now: Callable[[], None]
    renderer: Renderer
    limits: Limits = field(default_factory=Limits)
    jobs: Jobs | None = None
    start_work: Callable[[int], None] | None = None

    @property
    def firm_name(self) -> str:
        """The firm's name."""
        return self.settings.firm.name

    @property
    def documents(self) -> Path:
        """The folder that holds what clients sent."""
        return self.settings.documents

    @property
    def most_bytes(self) -> int:
        """The largest file that is taken."""
        return self.settings.firm.web.max_file_mb * MEGABYTE

    def today(self) -> date:
        """Today in the firm's time zone (T1)."""
        return self.clock().astimezone(self.settings.firm.zone).date()

    def words(self, language: str) -> dict[str, Any]:
        """The page's texts in a language, those of refused answers under `errors`."""
        every = read_words(language if language in LANGUAGES else "fr")
        return {**every["page"], "errors": every["page_errors"]}

    def firm_words(self) -> dict[str, str]:
        """The labels of the firm's own tasks, in its language."""
        tasks: dict[str, str] = read_words(self.settings.firm.language)["page_tasks"]
        return tasks

    def language_of(self, request: Request) -> str:
        """The language of a reader who is not known: the browser's, if the page exists in it, else the firm's."""
        for part in request.headers.get("accept-language", "").split(","):
            if (short := part.partition(";")[0].strip()[:2].lower()) in LANGUAGES:
                return short
        firm = self.settings.firm.language
        return firm if firm in LANGUAGES else "fr"

    def form_token(self, session_id: int) -> str:
        """What a form of a session carries, so that no other site can send it (CSRF)."""
        return derive_token(self.key, "form", session_id)

    def desk_form(self, session_id: int) -> str:
        """The same for a session of the desk."""
        return derive_token(self.key, "desk-form", session_id)

    def is_form_of(self, session_id: int, given: str) -> bool:
        """Whether a form was made for a session."""
        return is_same(given, self.form_token(session_id))


def address_of(request: Request) -> str:
    """The network address that a request came from."""
    return request.client.host if request.client else ""
