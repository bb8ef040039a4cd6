"""What was done: files read in, rows kept out, runs.

May touch: SQLAlchemy.
"""

from sqlalchemy import Boolean, Column, Date, DateTime, Index, Integer, String, Table, Text

from sql.schema.base import metadata

# The ledger. One row per file that was read in.
imports = Table(
    "imports",
    metadata,
    Column("import_id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("mapping", String(64), nullable=False),
    Column("source_file", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("imported_on", Date, nullable=False),
    Column("imported_at", DateTime, nullable=False),
    Column("read", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Index(None, "kind", "mapping", "source_file"),
    sqlite_autoincrement=True,
)

# One row per source row that was not let in, until a later import lets it in or no longer holds it (Q4).
# `is_holding`: nothing else of this file stands for the relation, so its automations wait.
quarantine = Table(
    "quarantine",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("mapping", String(64), primary_key=True),
    Column("source_file", String(255), primary_key=True),
    Column("source_row", Integer, primary_key=True),
    Column("row_id", String(255)),
    Column("reason", String(32), nullable=False),
    Column("column_name", String(128), nullable=False),
    Column("problem", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("is_holding", Boolean, nullable=False),
    Column("since_on", Date, nullable=False),
    Index(None, "kind", "row_id"),
)

# One row per run of the night, whatever became of it.
runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True, autoincrement=True),
    Column("as_of", Date, nullable=False),
    Column("status", String(16), nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime),
    Column("relations_read", Integer),
    Column("figures", Text),
    Column("problem", Text),
    sqlite_autoincrement=True,
)
