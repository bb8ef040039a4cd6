"""The rows of what was done at the desk: one before each act, one more where it was refused, and no client's data."""

import pytest
from desk_client import Here
from sqlalchemy import select

from flows.web.desk.worker import WorkerGone
from sql import schema


def acts(desk):
    d = schema.desk_acts.c
    with desk.office.store.begin(only_reads=True) as connection:
        wanted = select(d.act, d.about_kind, d.about_id, d.detail).where(d.act != "signed_in").order_by(d.act_id)
        return [tuple(row) for row in connection.execute(wanted)]


@pytest.fixture
def signed_in(any_desk):
    any_desk.sign_in(role="admin")
    return any_desk


def act(desk, path, **fields):
    return desk.post(path, desk.form("/desk/sign-out", desk.get("/desk"))[1] | fields)


def test_an_act_is_a_row_of_who_what_and_when(signed_in):
    act(signed_in, "/desk/tasks/1", do="done")
    assert acts(signed_in) == [
        ("close_task", "task", "1", '{"task_ids": [1], "as_of": "2026-11-24", "status": "done"}')
    ]


def test_what_was_refused_has_a_row_that_says_so(signed_in):
    act(signed_in, "/desk/tasks/1", do="return", step="documents", item="kms", reason="")
    assert [one[0] for one in acts(signed_in)] == ["return", "refused"]


def test_of_what_nobody_knows_the_row_says_so(signed_in, monkeypatch):
    def die(*_, **__):
        raise WorkerGone

    monkeypatch.setattr(Here, "do", die)
    answer = act(signed_in, "/desk/tasks/1", do="close_step", step="documents")
    assert "peut-être fait" in answer.text
    assert [one[0] for one in acts(signed_in)] == ["close_step", "unknown"]


def test_no_row_holds_what_was_typed_about_a_client(signed_in):
    canary = "CANARY-7f3a"
    act(signed_in, "/desk/tasks/1/comments", text=canary)
    act(signed_in, "/desk/fields/R1", field="annual_km", value=canary, was_value="900")
    act(signed_in, "/desk/tasks/1", do="return", step="documents", item="kms", reason=canary)
    typed = {"kind": "call", "subject": canary, "starts_at": "2026-12-01T10:00", "description": canary}
    act(signed_in, "/desk/activities/new", **typed)
    assert len(acts(signed_in)) >= 4
    assert canary not in repr(acts(signed_in))


def test_looking_is_no_act(signed_in):
    for path in ("/desk/tasks", "/desk/tasks/1", "/desk/relations/R1", "/desk/outbox/1", "/desk/quality"):
        assert signed_in.get(path).status_code == 200
    act(signed_in, "/desk/explain/R1")
    assert acts(signed_in) == []
