"""A person of the firm at the desk: signs in by the mailed link, follows links, and sends the pages' own forms."""

import importlib
import re
from typing import Any

import httpx
from page_client import Moment, Pages, ask, mails, text_of

from factories import Office
from flows.jobs.desk.work import do_work
from flows.web.context import Web
from flows.web.desk.worker import JobRefused
from tasks.desk.users import set_role
from tasks.domain.errors import RelanceError

ANNE = {"user_id": "U1", "first_name": "Anne", "last_name": "Dupont", "email": "anne@cabinet.example"}
BOB = {"user_id": "U2", "first_name": "Bob", "last_name": "Maes", "email": "bob@cabinet.example"}
LINK = re.compile(r"http://127\.0\.0\.1:8080(/desk/in/\w+)")


class Here:
    """Does the desk's jobs in this process, as the worker does in its own."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def do(self, job: str, **given: Any) -> Any:
        module, _, name = job.partition(".")
        try:
            found = getattr(importlib.import_module(f"flows.jobs.desk.{module}"), name)
            return found(self.office.settings, self.office.store, **given)
        except RelanceError as error:
            raise JobRefused(str(error)) from None


class Desk(Pages):
    """The application of an office, and the browser of one of its people."""

    def __init__(self, office: Office, clock: Moment, **more: Any) -> None:
        settings = office.settings
        self.starts_works = True
        web = Web(
            settings,
            office.store,
            settings.web_key(),
            clock,
            self._send,
            settings.renderer,
            jobs=Here(office),
            start_work=self._work,
        )
        super().__init__(office, clock, web=web, **more)

    def _work(self, work_id: int) -> None:
        """Do a work in this process, at once."""
        if self.starts_works:
            do_work(self.office.settings, self.office.store, work_id)

    def sign_in(self, email: str = ANNE["email"], role: str | None = None) -> httpx.Response:
        """Ask for a link, press its button, and show the first page."""
        if role is not None:
            with self.office.store.begin() as connection:
                user = {ANNE["email"]: "U1", BOB["email"]: "U2"}[email]
                set_role(connection, user, role)
        assert self.post("/desk/sign-in", {"email": email}).status_code == 200
        self.press(self.link())
        return self.get("/desk")

    def link(self) -> str:
        """The link in the last mail."""
        return LINK.search(text_of(mails(self.office)[-1]))[1]

    def press(self, path: str) -> httpx.Response:
        """Press the one button behind a link."""
        action, fields = next((a, f) for a, f in self.forms(self.get(path)) if a == "/desk/in")
        return self.post(action, fields)

    def fill(self, page: str, ending: str, **typed: str) -> httpx.Response:
        """Send the form of a page whose action has this ending."""
        action, fields = self.form(ending, self.get(page))
        return self.post(action, fields | typed)


def open_desk(office: Office, moment: Moment, *rows: dict[str, str], **request: Any) -> Desk:
    """A desk of an office whose relations were asked for items."""
    ask(office, *rows, **request)
    office.take("users", ANNE, BOB)
    return Desk(office, moment)
