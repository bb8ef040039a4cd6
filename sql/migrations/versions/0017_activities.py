"""Activities that are saved, reminded of and invited to; rules that act on a save (V1 to V7, W3, W4)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def _activity_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("saves", sa.Integer, nullable=False, server_default="0"),
        sa.Column("saved_at", sa.DateTime),
        sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("uid", sa.String(128)),
        sa.Column("remind_at", sa.DateTime),
        sa.Column("quiet_until", sa.DateTime),
        sa.Column("follows_id", sa.String(64)),
        sa.Column("is_invitation_due", sa.Boolean),
    )


def _message_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("send_at", sa.DateTime),
        sa.Column("owner_id", sa.String(64)),
        sa.Column("is_from_owner", sa.Boolean),
        sa.Column("calendar", sa.Text),
        sa.Column("about_at", sa.DateTime),
        sa.Column("fixed_email", sa.String(320)),
    )


def upgrade() -> None:
    """Add the columns and the tables. Activities that are there already came from files: nothing is sent for them."""
    for column in _activity_columns():
        op.add_column("activities", column)
    op.create_index("ix_activities_remind_at", "activities", ["remind_at"])
    op.create_index("ix_activities_is_invitation_due", "activities", ["is_invitation_due"])
    op.create_index("ix_activities_follows_id", "activities", ["follows_id"], unique=True)
    for column in _message_columns():
        op.add_column("messages", column)
    _create_tables()
    _know_what_is_ahead()


def _know_what_is_ahead() -> None:
    """Give activities ahead their reminders, and note that those invited were told elsewhere."""
    connection = op.get_bind()
    now = _utc(connection.execute(sa.text("SELECT CURRENT_TIMESTAMP")).scalar_one())
    columns: list[sa.ColumnClause[Any]] = [
        sa.column(name) for name in ("activity_id", "invitees", "remind_minutes", "remind_at", "quiet_until")
    ]
    a = sa.table("activities", *columns, sa.column("starts_at", sa.DateTime))
    ahead = connection.execute(sa.select(a).where(a.c.starts_at > now)).mappings().all()
    known = sa.table(
        "invitations",
        *map(sa.column, ("activity_id", "attendee_kind", "attendee_id", "method")),
        sa.column("sequence"),
        sa.column("told_at", sa.DateTime),
    )
    for row in ahead:
        minutes = row["remind_minutes"]
        remind_at = None if minutes is None else row["starts_at"] - timedelta(minutes=minutes)
        mine = a.c.activity_id == row["activity_id"]
        values = {sa.column("remind_at", sa.DateTime): remind_at, sa.column("quiet_until", sa.DateTime): now}
        connection.execute(sa.update(a).where(mine).values(values))
        for user_id in dict.fromkeys((row["invitees"] or "").split()):
            told = {"activity_id": row["activity_id"], "attendee_kind": "user", "attendee_id": user_id}
            connection.execute(sa.insert(known).values(told | {"method": "NONE", "sequence": 0, "told_at": now}))


def _utc(instant: Any) -> datetime:
    """The database's clock, which SQLite gives as text in UTC."""
    if isinstance(instant, str):
        return datetime.fromisoformat(instant)
    found: datetime = instant.astimezone(UTC).replace(tzinfo=None)
    return found


def _create_tables() -> None:
    op.create_table(
        "invitations",
        sa.Column("activity_id", sa.String(64), sa.ForeignKey("activities.activity_id"), primary_key=True),
        sa.Column("attendee_kind", sa.String(16), primary_key=True),
        sa.Column("attendee_id", sa.String(64), primary_key=True),
        sa.Column("method", sa.String(8), nullable=False),
        sa.Column("email", sa.String(320)),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("told_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "rule_acts",
        sa.Column("act_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("record_kind", sa.String(16), nullable=False),
        sa.Column("record_id", sa.String(64), nullable=False),
        sa.Column("save", sa.String(32), nullable=False),
        sa.Column("judged_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("detail", sa.String(500)),
        sa.Column("owner_id", sa.String(64)),
        sa.UniqueConstraint("rule", "record_kind", "record_id", "save"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rule_acts_record_kind_record_id", "rule_acts", ["record_kind", "record_id"])
    op.create_index("ix_rule_acts_outcome_due_at", "rule_acts", ["outcome", "due_at"])
    op.create_table(
        "rule_values",
        sa.Column("record_kind", sa.String(16), primary_key=True),
        sa.Column("record_id", sa.String(64), primary_key=True),
        sa.Column("field", sa.String(128), primary_key=True),
        sa.Column("file_value", sa.Text),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("rule_values", "rule_acts", "invitations"):
        op.drop_table(table)
    for column in reversed(_message_columns()):
        op.drop_column("messages", column.name)
    for name in ("follows_id", "is_invitation_due", "remind_at"):
        op.drop_index(f"ix_activities_{name}", "activities")
    for column in reversed(_activity_columns()):
        op.drop_column("activities", column.name)
