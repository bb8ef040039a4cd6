"""Tables about data quality: scores at each run, and the gaps that block automations.

May touch: SQLAlchemy.
"""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table

from sql.schema.base import metadata

# One row per run × owner × criterion: how many of the owner's relations meet it. owner_id is '' if there is no owner.
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

# One row per relation × schedule and period in which the firm's data blocked it; open while `mended_on` is NULL. A gap
# that returns is a new row; a gap whose reason changes is still the same row.
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

# The database refuses a second open gap for a relation × schedule.
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
