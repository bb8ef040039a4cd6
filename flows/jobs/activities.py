"""Activities by command and by dispatch: saves, follow-ups, and the mails that become due at a minute.

May touch: tasks/activities/, tasks/rules/, sql/. Tests: tests/integration/activities/test_save.py.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from flows.home.clock import now as clock_now
from flows.home.settings import Settings
from sql.store import Store, plain
from tasks.activities.follow_up import follow_up, set_status
from tasks.activities.invitations import queue_invitations, with_uid
from tasks.activities.reminders import queue_reminders
from tasks.activities.save import SaveContext, Saved, save_activity
from tasks.activities.stored import get_activity
from tasks.domain.activities.activity import Activity
from tasks.domain.activities.calendar import Person, calendar_text
from tasks.domain.reasons import Reason
from tasks.domain.rules.records import record_of
from tasks.intake.admit import AfterSaves, SavesFollowed
from tasks.intake.write_rows import Writing
from tasks.rules.act import act_on_save
from tasks.rules.delayed import act_delayed
from tasks.rules.imported import follow_saves
from tasks.rules.saves import RuleBook, Save
from tasks.spelling import spelled

KIND = "activities"


def save_context(settings: Settings) -> SaveContext:
    """What a save needs to know of the home."""
    return SaveContext(settings.firm.activities, settings.forms, settings.renderer, settings.firm.zone)


def run_save(
    settings: Settings,
    store: Store,
    written: Activity,
    now: datetime,
    *,
    by: str | None = None,
    expects: int | None = None,
) -> Saved:
    """Save an activity, with the ids of people in their stored spelling (Q6).

    `by` and `expects`: as `tasks.activities.save.save_activity` has them.

    Raises:
        ActivityError: it cannot be saved; the message says everything that is wrong.
    """
    written = replace(
        written,
        owner_id=spelled(store, "users", written.owner_id),
        contact_id=spelled(store, "relations", written.contact_id),
        invitees=tuple(spelled(store, "users", one) or one for one in written.invitees),
    )
    with store.begin() as connection:
        saved = save_activity(connection, save_context(settings), written, now, by=by, expects=expects)
        return _acted(connection, settings, saved, now)


def _acted(connection: Connection, settings: Settings, saved: Saved, now: datetime) -> Saved:
    """A save, with what the firm's rules do about it (W2)."""
    zone, number = settings.firm.zone, str(saved.activity.saves)
    record = record_of(saved.activity.record(), KIND, zone)
    quiet = Reason.TOO_LATE if saved.activity.is_over(plain(now)) else None
    before = None if saved.before is None else record_of(saved.before.record(), KIND, zone)
    save = Save(KIND, saved.activity.activity_id, number, before, record, now, quiet=quiet)
    act_on_save(connection, rule_book(settings), save)
    return saved


def run_status(
    settings: Settings,
    store: Store,
    activity_id: str,
    status: str,
    now: datetime,
    again: tuple[datetime, str | None] | None = None,
) -> tuple[Saved, Saved | None]:
    """Give an activity another status, and copy it to another time if one is given (V6); both, or neither.

    Raises:
        ActivityError: there is no such activity, or it is followed up otherwise already.
    """
    context = save_context(settings)
    with store.begin() as connection:
        done = set_status(connection, context, activity_id, status, now)
        copy = None if again is None else follow_up(connection, context, activity_id, *again, now)
        for saved in (done, copy):
            if saved is not None and saved.is_change:
                _acted(connection, settings, saved, now)
    return done, copy


def rule_book(settings: Settings) -> RuleBook:
    """The home's rules, with what their actions need."""
    return RuleBook(list(settings.rules.values()), settings.templates, settings.renderer, settings.firm)


def after_saves(settings: Settings, kind: str) -> AfterSaves | None:
    """What follows from an import's saves; None if nothing can, as no rule speaks of that kind."""
    book = rule_book(settings)
    if kind != KIND and not book.of(kind):
        return None

    def follow(connection: Connection, writing: Writing, saved: Mapping[str, bool]) -> SavesFollowed:
        return follow_saves(connection, book, kind, writing, saved)

    return follow


def calendar_of(settings: Settings, store: Store, activity_id: str) -> str:
    """An activity as an iCalendar text, to be taken into any calendar.

    Raises:
        ActivityError: there is no such activity.
    """
    sender = settings.firm.sender
    with store.begin() as connection:
        activity = with_uid(connection, get_activity(connection, activity_id), sender)
    organizer = Person(sender.name, sender.email)
    return calendar_text(activity, "PUBLISH", organizer, None, plain(clock_now()), with_description=True)


def queue_activity_mails(settings: Settings, store: Store, now: datetime, *, schedules: bool) -> int:
    """Write the invitations, reminders and delayed mails of rules that are due at this instant; return their number.

    `schedules`: the mail service takes reminders ahead, for their minute.
    """
    firm = settings.firm
    now = now.astimezone(UTC)
    delayed = act_delayed(store, rule_book(settings), now).queued
    invited = queue_invitations(store, settings.renderer, firm.sender, firm.zone, now)
    return delayed + invited + queue_reminders(store, settings.renderer, firm.zone, now, schedules=schedules)
