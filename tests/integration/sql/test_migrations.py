"""Migrations lead to the tables of sql/schema/, on both databases."""

import contextlib

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from sql.migrate import HEAD, SCRIPTS, current, ensure_ready, migrate
from sql.schema import metadata
from sql.store import Store, StoreError

AT_0001 = """
INSERT INTO relations (relation_id, type, status, name, first_seen_on)
VALUES ('R1', 'person', 'client', 'A', '2026-01-01');
INSERT INTO follow_up_tasks
(task_id, relation_id, template, schedule, occurrence, label, planned_on, due_on, created_on, status)
VALUES (1, 'R1', 't', 's', '2026-12-01', 'T', '2026-11-20', '2026-12-01', '2026-11-20', 'open');
INSERT INTO follow_up_subtasks (task_id, key, position, kind, offset_days, send_on, status)
VALUES (1, 'ask', 0, 'auto_email', -5, '2026-11-26', 'open'), (1, 'process', 1, 'action', NULL, NULL, 'open')
"""


@pytest.mark.filterwarnings("ignore:.*ix_relations_address", "ignore:.*ix_messages_address")
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


def test_mails_under_way_at_revision_0001_go_by_their_due_day_as_they_did(tmp_path):
    with contextlib.closing(Store(f"sqlite:///{tmp_path / 'old.db'}")) as store:
        migrate(store, "0001")
        with store.begin() as connection:
            for statement in AT_0001.split(";"):
                connection.execute(text(statement))
        with pytest.raises(StoreError, match="run `relance migrate`"):
            ensure_ready(store)
        assert migrate(store) == ("0001", HEAD)
        with store.begin() as connection:
            steps = connection.execute(text("SELECT key, send_from FROM follow_up_subtasks ORDER BY position")).all()
    assert [tuple(step) for step in steps] == [("ask", "due"), ("process", None)]
