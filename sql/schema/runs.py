"""The table of runs.

May touch: SQLAlchemy. Tests: tests/integration/sql/test_store.py.
"""

from sqlalchemy import Column, Date, DateTime, Integer, String, Table, Text

from sql.schema.base import metadata

# One row per run, including failed ones.
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
