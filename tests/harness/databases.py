"""Databases of a test's own on the session's PostgreSQL server, and how many rows a table has."""

from sqlalchemy import Table, create_engine, func, select, text
from sqlalchemy.engine import make_url

from sql.store import Store


def fresh_database(server_url: str, name: str, template: str = "template1") -> str:
    """Create a database as a copy of another, and return its address."""
    admin = create_engine(make_url(server_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    admin.dispose()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def count_rows(store: Store, table: Table) -> int:
    """The number of rows of a table."""
    with store.begin(only_reads=True) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
