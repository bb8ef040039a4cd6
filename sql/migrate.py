"""Migrations: upgrades a database to the tables of this version.

Alembic is configured in code, so there is no ini file.
May touch: alembic, SQLAlchemy. Tests: tests/integration/sql/test_migrations.py, on both databases.
"""

from pathlib import Path

from sqlalchemy import inspect, text

from sql.store import Store, StoreError

HEAD = "0018"
SCRIPTS = Path(__file__).parent / "migrations"


def current(store: Store) -> str | None:
    """The database's revision; None if it has no Relance tables."""
    with store.begin(only_reads=True) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def migrate(store: Store, revision: str = HEAD) -> tuple[str | None, str]:
    """Upgrade to the newest revision or to an earlier one; return the revisions before and after."""
    from alembic import command
    from alembic.config import Config

    before = current(store)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["store"] = store
    command.upgrade(config, revision)
    return before, revision


def ensure_ready(store: Store) -> None:
    """Create the tables in an empty database; refuse one that is older or newer than this version.

    Raises:
        StoreError: the revision differs; the message gives it and says what to do.
    """
    found = current(store)
    if found is None:
        migrate(store)
    elif found < HEAD:
        raise StoreError(f"The database is at revision {found}, this version needs {HEAD}: run `relance migrate`.")
    elif found > HEAD:
        raise StoreError(f"The database is at revision {found}, newer than {HEAD}: install a newer Relance.")
