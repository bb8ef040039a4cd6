"""A firm's activities in tests: three users, a client, saves, dispatches, and the mails that came of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from sqlalchemy import insert

from factories import Office
from flows.jobs.activities import run_save, run_status
from flows.jobs.dispatch import run_dispatch
from sql import schema
from tasks.activities.save import Saved
from tasks.domain.activities.activity import Activity

# A Tuesday; the firm is in Paris, an hour ahead of UTC.
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
START = datetime(2026, 12, 1, 13, 30)  # UTC
USERS = (
    {"user_id": "U1", "first_name": "Ana", "last_name": "Roy", "email": "ana@x.example", "remind_minutes": 15},
    {"user_id": "U2", "first_name": "Bo", "last_name": "Li", "email": "bo@x.example", "remind_minutes": None},
    {"user_id": "U3", "first_name": "Cem", "last_name": "Ak", "email": "cem@x.example", "remind_minutes": 60},
)
CLIENT = {
    "relation_id": "C1",
    "folded_id": "c1",
    "type": "person",
    "status": "client",
    "name": "Jeanne Martin",
    "email": "jeanne@c.example",
    "language": "fr",
    "owner_id": "U1",
    "first_seen_on": date(2026, 1, 1),
}


@dataclass
class Diary:
    """Activities of an office."""

    office: Office

    def __post_init__(self) -> None:
        # Not imported: a test of activities is not one of imports, and Great Expectations takes its time.
        with self.office.store.begin() as connection:
            connection.execute(insert(schema.users), [row | {"folded_id": row["user_id"].lower()} for row in USERS])
            connection.execute(insert(schema.relations), CLIENT)

    def save(self, at: datetime = NOW, **changes: Any) -> Saved:
        """Save activity A1, a meeting of U1 to which U2 is invited, with changes."""
        written: dict[str, Any] = {
            "activity_id": "A1",
            "kind": "meeting",
            "subject": "Bilan",
            "starts_at": START,
            "owner_id": "U1",
            "contact_id": "C1",
            "location": "Rue X 1",
            "invitees": ("U2",),
        }
        return run_save(self.office.settings, self.office.store, Activity(**written | changes), at)

    def status(self, status: str, at: datetime = NOW, again: datetime | None = None, **words: Any) -> Any:
        """Hold, not hold or cancel A1, and copy it."""
        then = None if again is None else (again, words.get("subject"))
        return run_status(self.office.settings, self.office.store, "A1", status, at, then)

    def dispatch(self, at: datetime = NOW + timedelta(minutes=2)) -> Any:
        """One dispatch at an instant."""
        day = at.astimezone(self.office.settings.firm.zone).date()
        return run_dispatch(self.office.settings, self.office.store, day, lambda: at)

    def mails(self) -> list[EmailMessage]:
        """The mails that were written, in order."""
        files = sorted(self.office.settings.outbox.glob("*.eml"), key=lambda path: path.stem[-6:])
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]  # type: ignore[misc]

    def sent(self) -> list[tuple[str, str]]:
        """To whom mails went, with their subjects."""
        return [(mail["To"].addresses[0].addr_spec, str(mail["Subject"])) for mail in self.mails()]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        with self.office.store.begin(only_reads=True) as connection:
            return [dict(row) for row in connection.execute(schema.metadata.tables[table].select()).mappings()]


def calendar_in(mail: EmailMessage) -> tuple[str, str]:
    """The method and the text of the calendar in a mail."""
    part = next(one for one in mail.walk() if one.get_content_type() == "text/calendar")
    return str(part.get_param("method")), part.get_content().replace("\r\n", "\n")


def lines_of(text: str) -> dict[str, str]:
    """The properties of a calendar by name, without their parameters; long lines are unfolded (RFC 5545)."""
    whole = text.replace("\n ", "")
    pairs = (line.partition(":") for line in whole.splitlines() if ":" in line)
    return {name.partition(";")[0]: value for name, _, value in pairs}
