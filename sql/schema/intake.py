"""Tables about imports: files read, changes made, rows quarantined.

May touch: SQLAlchemy.
"""

from sqlalchemy import Boolean, Column, Date, DateTime, Index, Integer, String, Table, Text

from sql.schema.base import metadata

# The ledger. One row per imported file. `stream` is the constant part of a feed's file names, which may contain dates;
# `read` is the sum of the four figures after it; `details` is the report printed at the time, as JSON.
imports = Table(
    "imports",
    metadata,
    Column("import_id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("mapping", String(64), nullable=False),
    Column("source_file", String(255), nullable=False),
    Column("stream", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("imported_on", Date, nullable=False),
    Column("imported_at", DateTime, nullable=False),
    Column("read", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("left_out", Integer, nullable=False, default=0),
    Column("made_former", Integer, nullable=False, default=0),
    Column("is_full", Boolean, nullable=False, default=False),
    Column("is_drop_accepted", Boolean, nullable=False, default=False),
    Column("details", Text),
    Column("undone_at", DateTime),
    Index(None, "kind", "mapping", "stream"),
    sqlite_autoincrement=True,
)
# One row per row that an import changed or removed: its old and new values, as JSON; without `after` it was removed.
import_changes = Table(
    "import_changes",
    metadata,
    Column("import_id", Integer, nullable=False),
    Column("table_name", String(32), nullable=False),
    Column("row_key", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text),
    Index(None, "import_id"),
)
# One row per source row in quarantine, until a later import accepts it or no longer contains it (Q4).
# `is_holding`: no other row of the file was accepted for the relation, so its automations wait.
quarantine = Table(
    "quarantine",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("mapping", String(64), primary_key=True),
    Column("source_file", String(255), primary_key=True),
    Column("source_row", Integer, primary_key=True),
    Column("stream", String(255), nullable=False),
    Column("row_id", String(255)),
    Column("reason", String(32), nullable=False),
    Column("column_name", String(128), nullable=False),
    Column("problem", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("is_holding", Boolean, nullable=False),
    Column("since_on", Date, nullable=False),
    Column("import_id", Integer),
    Index(None, "kind", "row_id"),
)
