"""Migrations lead to the tables of sql/schema.py, on both databases."""

import contextlib

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from sql.migrate import HEAD, SCRIPTS, current, ensure_ready, migrate
from sql.schema import metadata
from sql.store import Store, StoreError


def test_migrating_an_empty_database_gives_the_tables_of_the_schema(store):
    with store.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, metadata) == []
    assert current(store) == HEAD


def test_head_is_the_last_script():
    assert ScriptDirectory(str(SCRIPTS)).get_current_head() == HEAD


def test_migrating_twice_changes_nothing(store):
    assert migrate(store) == (HEAD, HEAD)


def test_an_empty_database_is_made_ready_by_itself(tmp_path):
    with contextlib.closing(Store(f"sqlite:///{tmp_path / 'new.db'}")) as store:
        ensure_ready(store)
        assert current(store) == HEAD


@pytest.mark.parametrize(("revision", "says"), [("0000", "run `relance migrate`"), ("9999", "install a newer Relance")])
def test_a_database_of_another_version_is_refused_in_words(store, revision, says):
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    with pytest.raises(StoreError, match=says):
        ensure_ready(store)
