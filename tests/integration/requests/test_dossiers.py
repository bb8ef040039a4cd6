"""Dossiers from their opening to their removal: answers reach the profile, the rest goes, nothing accepted is lost."""

import os
import shutil
import signal
from datetime import date
from pathlib import Path

from groups import LAST_YEAR, NEW_YEAR, asked, define_group
from sqlalchemy import event, select

from factories import Office, relation
from flows.jobs.removal import remove_past_dossiers
from flows.jobs.requests import accept_answers, take_answer
from sql import schema
from tasks.planning.close import close_task
from tasks.requests.answers import Answer
from tasks.requests.documents import list_documents
from tasks.requests.dossiers import Removed, list_dossiers
from tasks.requests.fields import list_fields
from tasks.requests.proof import read_proof

STEP = "update"
LAST_DAY, DAY_AFTER = date(2026, 2, 1), date(2026, 2, 2)


def open_dossiers(office: Office, *ids: str, **changes: object) -> list[int]:
    define_group(office, **changes)
    office.bring(*(relation(one, proof_of_address="old.pdf", turnover="10") for one in ids), on=LAST_YEAR)
    office.night(NEW_YEAR)
    return [task["task_id"] for task in office.tasks(template="papers")]


def send_file(office: Office, task_id: int, name: str, day: date = NEW_YEAR, expires: str = "2027-01-31") -> None:
    file = office.settings.home / name
    file.write_bytes(f"{task_id} {name}".encode())
    take_answer(
        office.settings, office.store, Answer(task_id, STEP, "proof_of_address", day, expires_on=expires), [file]
    )


def say(office: Office, task_id: int, value: str, day: date = NEW_YEAR) -> None:
    take_answer(office.settings, office.store, Answer(task_id, STEP, "turnover", day, value=value))


def profile(office: Office, relation_id: str) -> dict[str, tuple[str, str | None]]:
    rows = list_fields(office.store, [], relation_id)
    return {row["field"]: (row["value"], row["expires_on"]) for row in rows}


def stored_files(documents: Path) -> list[str]:
    return sorted(str(file.relative_to(documents)) for file in documents.rglob("*") if file.is_file())


def test_u5_an_answer_reaches_the_profile_at_once(office: Office):
    (task_id,) = open_dossiers(office, "R1")
    send_file(office, task_id, "bail-2026.pdf", date(2026, 1, 5))
    say(office, task_id, "12,5".replace(",", "."), date(2026, 1, 5))
    assert profile(office, "R1")["proof_of_address"] == ("bail-2026.pdf", "2027-01-31")
    assert profile(office, "R1")["turnover"] == ("12.5", None)
    (task,) = office.tasks(template="papers")
    assert task["status"] == "done"


def test_u5_or_when_a_person_of_the_firm_has_accepted_it(office: Office):
    (task_id,) = open_dossiers(office, "R1", write_back="review")
    say(office, task_id, "12")
    assert profile(office, "R1")["turnover"] == ("10", None)
    accept_answers(office.settings, office.store, task_id, step=STEP, item="turnover", as_of=NEW_YEAR)
    assert profile(office, "R1")["turnover"] == ("12", None)


def test_d6_an_answer_that_a_file_has_overtaken_is_shown_to_the_owner_with_both_values(office: Office):
    first, second = open_dossiers(office, "R1", "R2")
    office.bring(relation("R1", proof_of_address="old.pdf", turnover="11"), on=date(2026, 1, 10))
    say(office, first, "12", date(2026, 1, 12))
    say(office, second, "12", date(2026, 1, 12))
    assert profile(office, "R1")["turnover"] == ("12", None)
    (of_firm,) = office.tasks(template="client-page")
    assert (of_firm["relation_id"], of_firm["label"]) == ("R1", "Chiffre d'affaires: 11 ≠ 12")


def test_u6_an_unanswered_dossier_is_there_up_to_its_last_day(office: Office):
    (task_id,) = open_dossiers(office, "R1")
    assert remove_past_dossiers(office.settings, office.store, LAST_DAY) == Removed()
    (listed,) = list_dossiers(office.store)
    assert (listed["group"], listed["last_day"], listed["asked"], listed["answered"]) == ("papers", "2026-02-01", 2, 0)
    assert remove_past_dossiers(office.settings, office.store, DAY_AFTER) == Removed(dossiers=1, unanswered=1)
    assert list_dossiers(office.store) == []
    (task,) = office.tasks(template="papers")
    assert task["status"] == "cancelled"
    (of_firm,) = office.tasks(template="client-page")
    assert (of_firm["status"], of_firm["relation_id"]) == ("open", "R1")
    proof = read_proof(office.store, task_id)
    assert (proof["closed_by"], proof["removed_on"]) == ("expired_unanswered", "2026-02-02")
    assert [event["detail"] for event in proof["events"] if event["kind"] == "removed"] == [
        {"outcome": "expired_unanswered"}
    ]
    assert remove_past_dossiers(office.settings, office.store, DAY_AFTER) == Removed()
    office.night(date(2026, 4, 1))
    assert asked(office)[1:] == [("R1", "2026-04-01", "proof_of_address turnover")]  # the next period opens normally


def test_u6_the_proof_of_a_dossier_that_a_person_closed_does_not_say_that_it_was_answered(office: Office):
    (task_id,) = open_dossiers(office, "R1")
    close_task(office.store, task_id, "cancelled", NEW_YEAR)
    assert remove_past_dossiers(office.settings, office.store, DAY_AFTER) == Removed(dossiers=1)
    events = read_proof(office.store, task_id)["events"]
    assert [event["detail"] for event in events if event["kind"] == "removed"] == [{"outcome": "closed_before"}]
    assert office.tasks(template="client-page") == []


def test_u6_the_last_day_is_announced_in_the_reminder(office: Office):
    open_dossiers(office, "R1")
    for day in (date(2026, 1, 2), date(2026, 1, 12)):
        office.night(day)
    with office.store.begin(only_reads=True) as connection:
        m = schema.messages.c
        texts = connection.execute(select(m.body_text).where(m.sequence == 1)).scalars().all()
    assert "jusqu'au 1 février 2026 inclus" in texts[0].replace("1er", "1")


def test_u6_what_was_accepted_stays_and_the_rest_goes(office: Office):
    first, second = open_dossiers(office, "R1", "R2")
    send_file(office, first, "bail.pdf")
    say(office, first, "12")
    fields = [{"field": "proof_of_address", "label": "x", "type": "document", "min_files": 2}]
    define_group(office, fields=fields)
    say(office, second, "13")
    office.night(DAY_AFTER)
    documents = list_documents(office.store, "R1", office.settings.documents)
    assert [row["name"] for row in documents] == ["bail.pdf"]
    assert Path(documents[0]["path"]).read_bytes() == f"{first} bail.pdf".encode()
    with office.store.begin(only_reads=True) as connection:
        assert connection.execute(select(schema.request_items.c.value)).scalars().all() == [None] * 4
    assert profile(office, "R2")["turnover"] == ("13", None)
    assert office.tasks(template="papers", relation_id="R1")[0]["status"] == "done"
    assert office.tasks(template="papers", relation_id="R2")[0]["status"] == "cancelled"


def test_u6_what_waits_for_the_firm_keeps_its_dossier(office: Office):
    (task_id,) = open_dossiers(office, "R1", write_back="review")
    send_file(office, task_id, "bail.pdf")
    office.night(DAY_AFTER)
    assert [row["to_review"] for row in list_dossiers(office.store)] == [1]
    accept_answers(office.settings, office.store, task_id, step=STEP, item=None, as_of=DAY_AFTER)
    office.night(date(2026, 2, 3))
    assert list_dossiers(office.store) == []
    assert [row["name"] for row in list_documents(office.store, "R1", office.settings.documents)] == ["bail.pdf"]


def test_a_rehearsal_removes_nothing(office: Office):
    (task_id,) = open_dossiers(office, "R1", fields=[{"field": "turnover", "label": "x", "type": "number"}])
    night = office.night(DAY_AFTER, is_rehearsal=True)
    assert night.dossiers.dossiers == 1
    assert [row["task_id"] for row in list_dossiers(office.store)] == [task_id]


def test_u7_a_removal_that_is_killed_anywhere_is_finished_by_the_next(sqlite_office: Office, tmp_path: Path):
    office = sqlite_office
    two = [{"field": "proof_of_address", "label": "x", "type": "document", "min_files": 2}]
    begun, answered = open_dossiers(office, "R1", "R2", fields=two)
    send_file(office, begun, "page-1.pdf", expires=None)
    for name in ("page-1.pdf", "page-2.pdf"):
        send_file(office, answered, name, expires=None)
    office.store.close()
    before, kills = tmp_path / "before", 0
    shutil.copytree(office.settings.home, before)
    while True:
        shutil.rmtree(office.settings.home)
        shutil.copytree(before, office.settings.home)
        is_dead = killed_at(office, kills)
        store = office.settings.open_store()
        remove_past_dossiers(office.settings, store, DAY_AFTER)
        kept = list_documents(store, "R2", office.settings.documents)
        assert [row["name"] for row in kept] == ["page-1.pdf", "page-2.pdf"]
        assert all(Path(row["path"]).is_file() for row in kept)
        assert list_documents(store, "R1", office.settings.documents) == []
        assert len(stored_files(office.settings.documents)) == 2  # no orphan
        assert [event["kind"] for event in read_proof(store, begun)["events"]].count("removed") == 1
        assert read_proof(store, begun)["documents"][0]["sha256"]
        store.close()
        if not is_dead:
            break
        kills += 1
    assert kills > 20


def killed_at(office: Office, number: int) -> bool:
    """Remove dossiers in a process that kills itself at its statement or deletion with that number."""
    child = os.fork()
    if child == 0:
        store, left = office.settings.open_store(), [number]

        def step(*_: object) -> None:
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

        event.listen(store.engine, "before_cursor_execute", step)
        event.listen(store.engine, "commit", step)
        unlink = Path.unlink
        Path.unlink = lambda self, **given: (step(), unlink(self, **given), step())[1]
        remove_past_dossiers(office.settings, store, DAY_AFTER)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
