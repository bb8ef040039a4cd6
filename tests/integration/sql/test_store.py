"""The store on both databases: what goes in comes out, and what the database itself refuses."""

import sqlite3
import threading
import time

import pandas as pd
import psycopg
import pytest
from databases import count_rows
from sqlalchemy import bindparam, insert, text
from sqlalchemy.exc import IntegrityError

from sql import schema
from sql.bulk import load, staged
from sql.store import Store, query, sqlite_journal_mode

# `load` speaks to the driver itself.
DRIVER_ERRORS = (sqlite3.IntegrityError, psycopg.errors.UniqueViolation)
RELATIONS = pd.DataFrame(
    {
        "relation_id": ["R1", "R2"],
        "type": ["person", "company"],
        "status": ["client", "client"],
        "name": ['Ève "O\'Neil", fils', "b\\c\td"],
        "email": [None, ""],
        "language": pd.Series([None, None], dtype="str"),
        "owner_id": [None, "NULL"],
        "company_id": [None, "\\N"],
        "first_seen_on": pd.Series(["2028-02-29", "0001-01-01"], dtype="datetime64[s]"),
    }
)


def test_text_dates_and_missing_values_come_out_as_they_went_in(store):
    with store.begin() as connection:
        load(connection, schema.relations, RELATIONS)
    found = store.read("relations", relation_id=None).sort_values("relation_id", ignore_index=True)
    assert found["name"].tolist() == RELATIONS["name"].tolist()
    assert found["email"].isna().tolist() == [True, False]
    assert found["owner_id"].tolist()[1] == "NULL"
    assert found["company_id"].tolist()[1] == "\\N"
    assert found["language"].isna().all()
    assert str(found["language"].dtype) == "str"


def test_an_empty_result_has_the_types_its_names_promise(store):
    found = store.read("open_tasks")
    assert found.empty
    assert str(found["due_on"].dtype) == "datetime64[s]"


def test_a_transaction_that_fails_leaves_nothing(store):
    twice = pd.concat([RELATIONS, RELATIONS])
    with pytest.raises(DRIVER_ERRORS), store.begin() as connection:
        load(connection, schema.relations, twice)
    assert count_rows(store, schema.relations) == 0


def test_a_rehearsal_sees_its_own_writes_and_leaves_none(store):
    with store.rehearsal():
        with store.begin() as connection:
            load(connection, schema.relations, RELATIONS)
        assert count_rows(store, schema.relations) == 2
    assert count_rows(store, schema.relations) == 0


def test_whoever_reads_need_not_wait_for_whoever_writes(store, database_url):
    reader = Store(database_url)
    with store.begin() as connection:
        load(connection, schema.relations, RELATIONS)
        assert count_rows(reader, schema.relations) == 0
    assert count_rows(reader, schema.relations) == 2
    reader.close()


def test_a_staged_table_is_gone_after_its_block_and_can_be_made_again(store):
    for _ in range(2):
        with store.begin() as connection, staged(connection, schema.relations, RELATIONS) as stage:
            assert connection.execute(text(f"SELECT COUNT(*) FROM {stage.name}")).scalar_one() == 2


TASK = {
    "relation_id": "R1",
    "template": "t",
    "schedule": "s",
    "occurrence": "2026-12-01",
    "label": "L",
    "planned_on": pd.Timestamp("2026-11-11").date(),
    "due_on": pd.Timestamp("2026-12-01").date(),
    "created_on": pd.Timestamp("2026-11-24").date(),
    "status": "open",
}
MESSAGE = {
    "cause_kind": "task",
    "cause_id": "1",
    "step": "ask",
    "recipient_kind": "relation",
    "recipient_id": "R1",
    "send_on": TASK["due_on"],
    "status": "pending",
}


def test_p2_the_database_refuses_a_second_task_of_one_key(store):
    with store.begin() as connection:
        load(connection, schema.relations, RELATIONS)
        connection.execute(insert(schema.follow_up_tasks), TASK)
    with pytest.raises(IntegrityError), store.begin() as connection:
        connection.execute(insert(schema.follow_up_tasks), TASK | {"label": "another", "due_on": TASK["created_on"]})


def test_m1_the_database_refuses_a_second_mail_of_one_key(store):
    with store.begin() as connection:
        load(connection, schema.relations, RELATIONS)
        connection.execute(insert(schema.follow_up_tasks), TASK)
        connection.execute(insert(schema.messages), MESSAGE)
    with pytest.raises(IntegrityError), store.begin() as connection:
        connection.execute(insert(schema.messages), MESSAGE | {"email": "another@address.example"})


def test_o1_the_database_refuses_a_status_that_is_none(store):
    with store.begin() as connection:
        load(connection, schema.relations, RELATIONS)
        connection.execute(insert(schema.follow_up_tasks), TASK)
    with pytest.raises(IntegrityError), store.begin() as connection:
        connection.execute(insert(schema.messages), MESSAGE | {"status": "posted"})


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "DELETE"),
        ((3, 44, 6), "WAL"),
        ((3, 44, 5), "DELETE"),
        ((3, 45, 9), "DELETE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "DELETE"),
        ((3, 51, 3), "WAL"),
        ((3, 52, 0), "WAL"),
    ],
)
def test_wal_is_used_only_where_its_reset_is_mended(version, mode):
    assert sqlite_journal_mode(version) == mode


@pytest.mark.parametrize("name", ["skip_subtasks", "finish_steps"])
def test_a_step_and_its_mails_find_each_other_by_key(migrated_sqlite, name):
    mails = {"finish_steps": {"message_ids": [1, 2, 3]}}.get(name, {})
    sql = text(query(name)).bindparams(*(bindparam(key, expanding=True) for key in mails))
    with Store(f"sqlite:///{migrated_sqlite}").begin(only_reads=True) as connection:
        compiled = sql.compile(connection, compile_kwargs={"render_postcompile": True, "literal_binds": True})
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
    assert "ix_messages_status_send_on" not in " ".join(plan)
    assert any("(task_id=? AND " in step for step in plan), plan


def test_writing_transactions_come_one_after_the_other(store):
    """Two that write the same rows in another order wait for each other, and none ends in a deadlock."""
    steps: list[str] = []
    is_inside = threading.Event()

    def write(name, rows):
        with store.begin() as connection:
            for number in rows:
                connection.execute(text("UPDATE things SET who = :who WHERE id = :id"), {"who": name, "id": number})
                steps.append(name)
                is_inside.set()
                time.sleep(0.2)

    with store.begin() as connection:
        connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, who TEXT)"))
        connection.execute(text("INSERT INTO things (id) VALUES (1), (2)"))
    other = threading.Thread(target=write, args=("one", (1, 2)))
    other.start()
    is_inside.wait()
    write("two", (2, 1))
    other.join()
    assert steps == ["one", "one", "two", "two"]


def test_reading_does_not_wait_for_a_writer(store):
    with store.begin() as connection:
        connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY)"))
    with store.begin() as writing:
        writing.execute(text("INSERT INTO things (id) VALUES (1)"))
        if not store.is_sqlite or sqlite_journal_mode(sqlite3.sqlite_version_info) == "WAL":
            with store.begin(only_reads=True) as reading:
                assert reading.execute(text("SELECT COUNT(*) FROM things")).scalar_one() == 0
