"""The page of a request as a value: what its templates read.

May touch: nothing. Tests: tests/integration/web/test_page_answers.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from tasks.domain.requests.completion import RETURNED, WANTED
from tasks.requests.page.links import Link


@dataclass(frozen=True)
class PageFile:
    """A file that came: never itself, only what it is called."""

    document_id: int
    name: str
    size: int
    received_at: datetime


@dataclass(frozen=True)
class PageItem:
    """One item as the page shows it.

    Attributes:
        key, type, status: as stored.
        label, help: in the page's language.
        is_optional: whether the request is complete without it.
        check: what a text must be, such as iban.
        options: of a choice: what each is stored as, and its text in the page's language.
        accept: of a document.
        min_files, max_files: of a document.
        is_expiry_asked: whether its expiry date is asked, too.
        due_on: its own due date, if it has one.
        note: why it was returned, or why it does not concern the client.
        answered_on: when it was.
        value: what was answered: in full to the session that wrote it, else masked.
        is_value_masked: which of the two.
        expires_on: the expiry date that was answered.
        promised_on: the day for which the client promised it.
        may_promise: whether it can be promised once more (R7).
        known: what the firm knows, masked, if it can be confirmed with one click (U4).
        files: what came.
        draft: what was typed and not sent.
        version: changes with every change of the item (D4).
    """

    key: str
    type: str
    status: str
    label: str
    help: str | None
    is_optional: bool
    check: str | None
    options: Mapping[str, str]
    accept: tuple[str, ...]
    min_files: int
    max_files: int | None
    is_expiry_asked: bool
    due_on: date | None
    note: str | None
    answered_on: date | None
    value: str | None
    is_value_masked: bool
    expires_on: date | None
    promised_on: date | None
    may_promise: bool
    known: str | None
    files: tuple[PageFile, ...]
    draft: str | None
    version: str

    @property
    def is_wanted(self) -> bool:
        """Whether the client still has to answer it."""
        return self.status in WANTED

    @property
    def lacks_files(self) -> int:
        """How many more files it needs."""
        return max(0, self.min_files - len(self.files)) if self.type == "document" else 0


@dataclass(frozen=True)
class Page:
    """The page of one request for one recipient.

    Attributes:
        link: by which it was opened.
        language: in which it is written.
        label: the request's.
        relation_id: whose task it is.
        relation_name: the same; another than the recipient where a company's persons are asked.
        recipient_name: who reads it.
        due_on: the task's due date.
        owner: the firm's person: first_name, last_name, email; without those that are not known.
        owner_id: the same person's id.
        items: those that are wanted first.
    """

    link: Link
    language: str
    label: str
    relation_id: str
    relation_name: str
    recipient_name: str
    due_on: date
    owner: Mapping[str, str] = field(default_factory=dict)
    owner_id: str | None = None
    items: tuple[PageItem, ...] = ()

    @property
    def received(self) -> int:
        """The number of items that are answered."""
        return sum(not item.is_wanted for item in self.items)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is asked any more that has to be answered."""
        return not any(item.is_wanted and (not item.is_optional or item.status == RETURNED) for item in self.items)

    def item(self, key: str) -> PageItem | None:
        """The item with that key."""
        return next((item for item in self.items if item.key == key), None)
