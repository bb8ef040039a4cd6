"""What an import's rows of activities mean as saves: their number, their SEQUENCE, their reminders (V1, V3, V5).

Whole tables at once, within the import's transaction.
May touch: sql. Tests: tests/integration/rules/test_rules_at_import.py, on both databases.
"""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, case, exists, func, literal_column, or_, select, update

from sql import schema
from sql.store import plain
from tasks.domain.activities.activity import CANCELLED, PLANNED, SIGNIFICANT


def count_moves(connection: Connection, stage: Table) -> None:
    """Count up SEQUENCE where a changed row moves, cancels or restores an activity; before the rows are written."""
    a = schema.activities
    moved = [a.c[name].is_distinct_from(stage.c[name]) for name in SIGNIFICANT if name in stage.c]
    if "status" in stage.c:
        was, will_be = (func.coalesce(table.c.status, PLANNED) == CANCELLED for table in (a, stage))
        moved.append(was != will_be)
    if moved:
        is_moved = exists().where(stage.c.activity_id == a.c.activity_id, stage.c.change == 1, or_(*moved))
        connection.execute(update(a).where(is_moved).values(sequence=a.c.sequence + 1))


def note_saves(connection: Connection, stage: Table, now: datetime, *, is_quiet: bool) -> None:
    """Count the save of each new or changed row, and compute when it is reminded of; after the rows are written.

    Args:
        connection: within the import's transaction.
        stage: the rows, with change.
        now: the instant, UTC.
        is_quiet: it is a first import, of which nobody is told (V2).
    """
    now = now if now.tzinfo else now.replace(tzinfo=UTC)
    a = schema.activities
    is_saved = and_(a.c.activity_id == stage.c.activity_id, stage.c.change.in_((1, 2)))
    values = {
        "saves": a.c.saves + 1,
        "saved_at": plain(now),
        "remind_at": case((a.c.starts_at > plain(now), minutes_before(connection))),
        "is_invitation_due": not is_quiet,
    }
    values |= {"quiet_until": values["saved_at"]} if is_quiet else {}
    connection.execute(update(a).where(exists().where(is_saved)).values(values))


def minutes_before(connection: Connection) -> ColumnElement[datetime]:
    """`starts_at` less `remind_minutes`, written as SQLAlchemy writes an instant."""
    if connection.dialect.name == "sqlite":
        text = "strftime('%Y-%m-%d %H:%M:%f', starts_at, '-' || remind_minutes || ' minutes') || '000'"
        return literal_column(text)
    return literal_column("starts_at - remind_minutes * interval '1 minute'")


def is_first_import(connection: Connection, kind: str, import_id: int) -> bool:
    """Whether no earlier import of a kind stands (V2)."""
    i = schema.imports.c
    earlier = select(i.import_id).where(i.kind == kind, i.import_id < import_id, i.undone_at.is_(None)).limit(1)
    return connection.execute(earlier).first() is None
