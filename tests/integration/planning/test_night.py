"""The night on real databases: what becomes a task, once, whatever happens around it (P1–P9, A1, A2)."""

import datetime as dt
from datetime import date, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from factories import TUESDAY, relation
from tasks.domain.intake.gate import GateStopped
from tasks.planning.close import close_task
from tasks.planning.reconcile import apply_reconciliation

SATURDAY, SUNDAY, MONDAY = date(2026, 11, 28), date(2026, 11, 29), date(2026, 11, 30)


def skipped(figures):
    return figures.to_json()["planned"]["skipped"]


def test_a_night_makes_the_tasks_that_are_due_and_explains_the_others(office):
    office.bring(
        relation("R1", "2026-12-14"),
        relation("R2", "2026-12-15"),
        relation("R3", ""),
        relation("R4", "2026-12-01", type="company"),
        relation("R5", "2026-12-01", status="former"),
    )
    office.put_on("R1", "R2", "R3", "R4", "R5")
    figures = office.night()
    assert [t["relation_id"] for t in office.tasks()] == ["R1"]
    assert skipped(figures) == {"missing_field": 1, "not_yet": 1, "wrong_status": 1, "wrong_type": 1}
    assert figures.blocked == 1
    task = office.tasks()[0]
    assert (task["due_on"], task["planned_on"], task["created_on"]) == ("2026-12-14", "2026-11-24", "2026-11-24")
    assert [(s["key"], s["kind"], s["status"]) for s in task["subtasks"]] == [
        ("ask", "auto_email", "open"),
        ("process", "action", "open"),
    ]


def test_p9_the_same_run_twice_changes_nothing(office):
    office.bring(relation("R1", "2026-11-20"), relation("R2", "2026-12-01"))
    office.put_on("R1", "R2")
    office.night()
    before = (office.tasks(), office.messages(), office.mails())
    again = office.night().to_json()
    assert (office.tasks(), office.messages(), office.mails()) == before
    assert again["planned"]["created"] == 0
    assert again["messages"] == {
        "created": 0,
        "due": 0,
        "sent": 0,
        "merged": 0,
        "held": 0,
        "deferred": 0,
        "crossed": 0,
        "dropped": {},
    }


def test_p9_a_run_during_a_run_does_nothing_and_says_so(office):
    office.bring(relation("R1", "2026-11-20"))
    office.put_on("R1")
    with office.store.lock():
        second = office.night()
    assert second.status == "already_running"
    assert office.tasks() == []


def test_p6_one_run_after_ten_missed_nights_leaves_the_tasks_of_ten_nights(office, home, tmp_path, migrated_sqlite):
    import shutil

    from factories import Office
    from flows.home.settings import load_settings

    cards = [relation(f"R{n:02}", str(date(2026, 12, 1) + timedelta(days=n))) for n in range(25)]
    twin = tmp_path / "twin"
    shutil.copytree(home, twin)
    shutil.copy(migrated_sqlite, twin / "relance.db")
    settings = load_settings(twin, {})
    nightly = Office(settings, settings.open_store())
    for firm in (office, nightly):
        firm.bring(*cards)
        firm.put_on(*(c["relation_id"] for c in cards))
    for night in range(11):
        nightly.night(TUESDAY + timedelta(days=night))
    office.night(TUESDAY + timedelta(days=10))

    def same(tasks):
        varying = ("task_id", "created_on", "subtasks")
        return sorted(({k: v for k, v in t.items() if k not in varying} for t in tasks), key=lambda t: t["relation_id"])

    assert len(office.tasks()) == 24
    assert same(office.tasks()) == same(nightly.tasks())
    nightly.store.close()


def test_p2_editing_a_schedule_makes_no_task_and_moves_none(office):
    office.bring(*(relation(f"R{n}", "2026-12-01") for n in range(50)))
    office.put_on(*(f"R{n}" for n in range(50)))
    office.night()
    before = office.tasks()
    office.edit("templates/id-card.yaml", "plan_before_days: 20", "plan_before_days: 45")
    office.edit("templates/id-card.yaml", "due_offset_days: 0 ", "due_offset_days: 7 ")
    office.edit("templates/id-card.yaml", "adjust: none", "adjust: next")
    office.edit("templates/id-card.yaml", "fr: Suivi des", "fr: Autre suivi des")
    assert office.night().created == 0
    assert office.tasks() == before


def test_a2_a_renewed_card_closes_its_task_and_stops_its_mails(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    office.night()
    office.bring(relation("R1", "2036-12-01"))
    figures = office.night(date(2026, 11, 27))
    assert figures.closed == 1
    assert [(t["status"], t["closed_by"]) for t in office.tasks()] == [("done", "renewed")]
    assert office.messages() == []


def test_p2_a_renewed_card_gets_a_task_of_its_own_when_its_time_comes(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    office.night()
    office.bring(relation("R1", "2036-12-01"))
    office.night(date(2036, 11, 11))
    assert [(t["anchor_on"], t["status"]) for t in office.tasks()] == [("2026-12-01", "done"), ("2036-12-01", "open")]


def test_a2_a_corrected_date_moves_the_open_task_and_its_mail_and_doubles_nothing(office):
    office.bring(relation("R1", "2026-12-08"))
    office.put_on("R1")
    office.night()
    office.bring(relation("R1", "2026-12-02"))
    office.night(date(2026, 11, 26))
    assert [(t["anchor_on"], t["due_on"], t["status"]) for t in office.tasks()] == [
        ("2026-12-02", "2026-12-02", "open")
    ]
    office.night(date(2026, 11, 27))
    assert [(m["send_on"], m["status"]) for m in office.messages()] == [("2026-11-27", "sent")]


def test_a2_a_date_corrected_back_to_a_closed_task_is_not_chased_again(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    office.night()
    close_task(office.store, office.tasks()[0]["task_id"], "done", TUESDAY)
    office.bring(relation("R1", "2026-12-05"))
    office.night()
    office.bring(relation("R1", "2026-12-01"))
    office.night()
    assert [(t["anchor_on"], t["status"], t["closed_by"]) for t in office.tasks()] == [
        ("2026-12-01", "done", "hand"),
        ("2026-12-05", "cancelled", "superseded"),
    ]


def test_a1_a_task_closed_by_hand_stays_as_it_was_closed(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    office.night()
    close_task(office.store, office.tasks()[0]["task_id"], "cancelled", TUESDAY)
    seen_before = pd.DataFrame({"task_id": [office.tasks()[0]["task_id"]], "change": ["renewed"]})
    dates = dict.fromkeys(("anchor_on", "due_on", "planned_on"), pd.Timestamp("2036-12-01"))
    apply_reconciliation(office.store, seen_before.assign(occurrence="2036-12-01", **dates), TUESDAY)
    assert [(t["status"], t["closed_by"]) for t in office.tasks()] == [("cancelled", "hand")]


def test_an_implausible_new_date_neither_closes_nor_moves_a_task(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    office.night()
    for slip in ("9999-12-31", "0001-01-01"):
        office.bring(relation("R1", slip))
        figures = office.night()
        assert [(t["anchor_on"], t["status"]) for t in office.tasks()] == [("2026-12-01", "open")]
        assert skipped(figures) == {"invalid_field": 1}


def test_a1_a_task_closed_by_hand_sends_nothing_more(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    office.night()
    assert close_task(office.store, office.tasks()[0]["task_id"], "done", TUESDAY) == "open"
    office.night(date(2026, 11, 26))
    assert office.messages() == []
    assert [s["status"] for s in office.tasks()[0]["subtasks"]] == ["done", "done"]


def test_p7_a_client_who_left_keeps_the_task_and_gets_no_mail(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    office.night()
    office.bring(relation("R1", "2026-12-01", status="former"))
    figures = office.night(date(2026, 11, 26))
    assert [t["status"] for t in office.tasks()] == ["open"]
    assert figures.dropped == {"wrong_status": 1}
    assert [(m["status"], m["reason"]) for m in office.messages(status="dropped")] == [("suppressed", "wrong_status")]


def test_p8_removing_an_assignment_stops_new_tasks_and_leaves_open_ones(office):
    from tasks.planning.assignments import RelationFilter, unassign

    office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-12-20"))
    office.put_on("R1", "R2")
    office.night()
    unassign(office.store, "id-card", "renewal", RelationFilter(), TUESDAY)
    figures = office.night(date(2026, 12, 10))
    assert [(t["relation_id"], t["status"]) for t in office.tasks()] == [("R1", "open")]
    assert skipped(figures) == {"after_end": 1, "already_created": 1}


def test_assign_all_needs_no_assignment(office):
    office.edit("templates/id-card.yaml", "assign: manual ", "assign: all ")
    office.bring(relation("R1", "2026-12-01"), relation("R2", "2026-12-01", status="prospect"))
    office.night()
    assert [t["relation_id"] for t in office.tasks()] == ["R1"]


def test_a_removed_template_leaves_its_open_tasks_and_their_mails(office):
    office.bring(relation("R1", "2026-12-01"))
    office.put_on("R1")
    office.night()
    (office.settings.home / "templates" / "id-card.yaml").unlink()
    office.reload()
    figures = office.night(date(2026, 11, 26), reports=True)
    assert figures.delivered.sent == 1
    page = (office.settings.reports / "report-2026-11-26.html").read_text(encoding="utf-8")
    assert "id-card/renewal" in page


def test_one_schedule_planned_by_hand_leaves_nothing_for_the_night(office):
    office.bring(relation("R1", "2026-11-20"))
    office.put_on("R1")
    assert office.night(schedule="id-card/renewal").created == 1
    assert office.night().created == 0
    assert len(office.mails()) == 1


def test_q3_the_gate_stops_a_night_over_an_emptied_database(office):
    office.bring(*(relation(f"R{n}", "2026-12-01") for n in range(20)))
    office.night()
    with office.store.begin() as connection:
        connection.execute(text("DELETE FROM relation_fields WHERE relation_id <> 'R1'"))
        connection.execute(text("DELETE FROM relations WHERE relation_id <> 'R1'"))
    with pytest.raises(GateStopped, match="1 rows, where the last good read had 20"):
        office.night()
    with office.store.begin() as connection:
        assert connection.execute(text("SELECT status FROM runs ORDER BY run_id")).scalars().all() == ["done", "failed"]


def test_q3_a_night_without_relations_says_so(office):
    with pytest.raises(GateStopped, match="it holds no rows"):
        office.night()


def test_a_row_spoilt_in_the_database_is_set_aside_and_stops_nothing_else(office):
    office.bring(*(relation(f"R{n}", "2026-12-01") for n in range(10)))
    office.put_on(*(f"R{n}" for n in range(10)))
    with office.store.begin() as connection:
        connection.execute(text("UPDATE relations SET status = 'klient' WHERE relation_id = 'R3'"))
    figures = office.night()
    assert (figures.created, figures.quarantined, skipped(figures)) == (9, 1, {"quarantined": 1})


def test_the_dry_run_is_what_the_real_run_then_does(office):
    office.bring(
        relation("R1", "2026-11-20"),
        relation("R2", "2026-12-01"),
        relation("R3", ""),
        relation("R4", "2026-11-22", email=""),
    )
    office.put_on("R1", "R2", "R3", "R4")
    preview = office.night(is_rehearsal=True)
    assert (office.tasks(), office.messages(), office.mails()) == ([], [], [])
    real = office.night()
    figures, promised = real.to_json(), preview.to_json()
    varying = ("dry_run", "run_id", "report", "tasks", "mails")
    assert {k: v for k, v in figures.items() if k not in varying} == {
        k: v for k, v in promised.items() if k not in varying
    }

    def unnumbered(rows):
        return [{k: v for k, v in row.items() if k not in ("task_id", "message_id")} for row in rows]

    assert unnumbered(promised["tasks"]) == unnumbered(office.tasks())
    assert unnumbered(promised["mails"]) == unnumbered(office.messages())


def test_a_run_that_died_is_marked_by_the_next(office):
    from tasks.runs import begin_run

    begin_run(office.store, TUESDAY, dt.datetime(2026, 11, 24, 2, 0))
    office.bring(relation("R1", "2026-12-01"))
    office.night()
    with office.store.begin() as connection:
        assert connection.execute(text("SELECT status FROM runs ORDER BY run_id")).scalars().all() == [
            "crashed",
            "done",
        ]
