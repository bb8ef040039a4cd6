"""Nothing that is known of a client, and no secret, reaches a log: fifty canaries, typed everywhere at the desk (Q5)."""

import logging

from page_client import link_in, mails
from sqlalchemy import text

from factories import relation

CANARIES = [f"canary{number:02}x{number * 7919:05}" for number in range(50)]


class Taker:
    """Gives one canary after the other."""

    def __init__(self) -> None:
        self.left = list(CANARIES)

    def __call__(self) -> str:
        return self.left.pop()


def test_no_canary_reaches_a_log_or_the_console(any_desk, caplog, capfd):
    desk, take = any_desk, Taker()
    caplog.set_level(logging.DEBUG)
    rows = [relation(f"R{n}", "2027-03-01", name=take(), email=f"{take()}@x.example", annual_km=take()) for n in (2, 3)]
    desk.office.take("relations", relation("R1", "2027-03-01", owner_id="U1", name=take(), annual_km=take()), *rows)
    desk.sign_in(role="admin")
    form = desk.form("/desk/sign-out", desk.get("/desk"))[1]

    def post(path, **fields):
        return desk.post(path, form | fields)

    for path in ("/desk/tasks", "/desk/tasks/1", "/desk/relations/R1", "/desk/outbox/1", "/desk/quarantine"):
        assert desk.get(path).status_code == 200
    for path in (
        f"/desk/relations?q={take()}",
        f"/desk/tasks?relation={take()}",
        f"/desk/{take()}",
        f"/desk/in/{take()}",
    ):
        desk.get(path)
    post("/desk/tasks/1/comments", text=take())
    post("/desk/tasks/1", do="return", step="documents", item="kms", reason=take())
    post("/desk/tasks/1/items", do="add", step="documents", item=take(), label=take(), type="text")
    post("/desk/tasks/1/recipients", step="documents", recipients=take())
    post("/desk/fields/R1", field="annual_km", value=take(), was_value="900")
    post("/desk/fields/R1", field=take(), value=take(), expires_on=take(), frequency=take())
    typed = {
        "kind": "call",
        "subject": take(),
        "starts_at": "2026-12-01T10:00",
        "location": take(),
        "description": take(),
    }
    post("/desk/activities/new", **typed)
    post("/desk/activities/new", **(typed | {"starts_at": take(), "contact_id": take(), "subject": take()}))
    post(f"/desk/activity-end/{take()}", do="held", again_at=take(), subject=take())
    post("/desk/relations?owner=U1", do="add", schedule=take(), start_on=take())
    post("/desk/run", schedule=take())
    content = f"relation_id,type,status,name,email\nN1,person,client,{take()},{take()}@x.example\n,{take()},{take()},{take()},x\n"
    files = {"file": (f"{take()}.csv", content.encode(), "text/csv")}
    path = desk.post("/desk/imports", form | {"kind": "relations"}, files=files).headers["location"]
    desk.get(path)
    post(path)
    desk.post("/desk/sign-in", {"email": f"{take()}@x.example"})
    desk.other().post("/desk/in", {"token": take()})
    # What fails says where, and nothing of whom.
    with desk.office.store.begin() as connection:
        connection.execute(text("ALTER TABLE task_comments RENAME TO task_comments_gone"))
    assert post("/desk/tasks/1/comments", text=take()).status_code == 500
    assert desk.get("/desk/tasks/1").status_code == 500
    with desk.office.store.begin() as connection:
        connection.execute(text("ALTER TABLE task_comments_gone RENAME TO task_comments"))
    used = [one for one in CANARIES if one not in take.left]
    assert len(used) >= 40
    out, err = capfd.readouterr()
    ours = (record for record in caplog.records if not record.name.startswith("http"))  # not what this browser says
    said = out + err + "".join(f"{record.getMessage()}{record.exc_text or ''}" for record in ours)
    assert [one for one in CANARIES if one in said] == []
    assert link_in(mails(desk.office)[0]).rpartition("/")[2] not in said
    assert form["form"] not in said
