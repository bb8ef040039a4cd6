"""How good the firm's data were at each run, and since when an automation waits for want of them.

May touch: SQLAlchemy.
"""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table

from sql.schema.base import metadata

# One row per run × owner × criterion: how many of the owner's relations meet it. The owner of none is ''.
quality_scores = Table(
    "quality_scores",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.run_id"), primary_key=True),
    Column("owner_id", String(64), primary_key=True),
    Column("criterion", String(128), primary_key=True),
    Column("met", Integer, nullable=False),
    Column("not_met", Integer, nullable=False),
    Column("not_applicable", Integer, nullable=False),
)

# One row per relation × schedule and time in which data of the firm's own stood in its way; open while `mended_on` is
# NULL. What comes back is a new row; a reason that changes is still the same gap.
gaps = Table(
    "gaps",
    metadata,
    Column("gap_id", Integer, primary_key=True, autoincrement=True),
    Column("relation_id", String(64), ForeignKey("relations.relation_id"), nullable=False),
    Column("template", String(64), nullable=False),
    Column("schedule", String(64), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("since_on", Date, nullable=False),
    Column("mended_on", Date),
    Index(None, "relation_id"),
    sqlite_autoincrement=True,
)

# The database itself refuses a second open gap of a relation × schedule.
_open = gaps.c.mended_on.is_(None)
Index(
    "uq_gaps_open",
    gaps.c.relation_id,
    gaps.c.template,
    gaps.c.schedule,
    unique=True,
    sqlite_where=_open,
    postgresql_where=_open,
)
