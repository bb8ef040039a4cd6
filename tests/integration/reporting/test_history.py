"""What each run notes: scores by owner, gaps with the day since which they are. On both databases."""

from datetime import timedelta

import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from factories import TUESDAY, relation
from flows.jobs.report import run_report
from sql.bulk import read_frame
from tasks.domain import frames
from tasks.domain.quality.gaps import gaps_found, note_gaps
from tasks.planning.assignments import RelationFilter

A_DAY = timedelta(days=1)
SAFE = "2030-01-01"


@pytest.fixture
def firm(office):
    """R1 and R2 lack their card's date; R3 does not."""
    office.take("users", {"user_id": "U1", "email": "u1@firm.example"})
    office.bring(*rows())
    office.put_on("R1", "R2", "R3")
    return office


def rows(**dates):
    owner = {"R1": "U1", "R2": "U1", "R3": ""}
    return [relation(r, dates.get(r, SAFE if r == "R3" else ""), owner_id=owner[r]) for r in owner]


def gaps(office):
    with office.store.begin(only_reads=True) as connection:
        found = read_frame(connection, "SELECT * FROM gaps", {})
    return told(found)


def told(found):
    """Each gap: its relation, its reason, the days from the Tuesday to its first and to its last."""
    rows = (
        (g["relation_id"], g["reason"], (g["since_on"].date() - TUESDAY).days, _days(g["mended_on"]))
        for g in found.to_dict("records")
    )
    return sorted(rows, key=str)


def _days(day):
    return None if pd.isna(day) else (day.date() - TUESDAY).days


def scored(office):
    sql = "SELECT run_id, owner_id, criterion, met, not_met, not_applicable FROM quality_scores"
    with office.store.begin(only_reads=True) as connection:
        return sorted(tuple(row) for row in connection.execute(text(sql)))


def test_a_night_notes_scores_by_owner_and_opens_gaps(firm):
    figures = firm.night()
    assert gaps(firm) == [("R1", "missing_field", 0, None), ("R2", "missing_field", 0, None)]
    found = {(owner, criterion): counts for run, owner, criterion, *counts in scored(firm)}
    assert {run for run, *_ in scored(firm)} == {figures.run_id}
    assert found["U1", "id_card.present"] == [0, 2, 0]
    assert found["U1", "id_card.not_expired"] == [0, 0, 2]
    assert found["", "id_card.present"] == [1, 0, 0]
    assert found["", "owner.known"] == [0, 1, 0]


def test_a_second_run_of_the_day_changes_no_gap(firm):
    firm.night()
    before = gaps(firm)
    firm.night()
    assert gaps(firm) == before


def test_a_gap_is_mended_once_and_comes_back_as_another(firm):
    firm.night()
    firm.bring(*rows(R1=SAFE))
    firm.night(TUESDAY + A_DAY)
    firm.night(TUESDAY + 2 * A_DAY)
    firm.bring(*rows())
    firm.night(TUESDAY + 3 * A_DAY)
    assert gaps(firm) == [
        ("R1", "missing_field", 0, 1),
        ("R1", "missing_field", 3, None),
        ("R2", "missing_field", 0, None),
    ]


def test_a_gap_whose_reason_changes_is_still_the_same(firm):
    firm.night()
    firm.bring(*rows(R1="2999-12-31"))
    firm.night(TUESDAY + A_DAY)
    assert gaps(firm)[0] == ("R1", "invalid_field", 0, None)


def test_a_rehearsal_and_a_report_between_runs_note_nothing(firm):
    firm.night(is_rehearsal=True)
    run_report(firm.settings, firm.store, TUESDAY)
    assert (gaps(firm), scored(firm)) == ([], [])


def test_a_run_of_one_schedule_mends_no_gap_of_another(firm):
    card = {"anchor": "field:id_card", "plan_before_days": 20, "assign": "all", "key": "again"}
    firm.define("badge", schedules=[card], applies_to=["person"])
    firm.night()
    assert len(gaps(firm)) == 4
    firm.bring(*rows(R1=SAFE, R2=SAFE))
    firm.night(TUESDAY + A_DAY, schedule="badge/again")
    assert [mended for *_, mended in gaps(firm)].count(None) == 2
    firm.night(TUESDAY + A_DAY)
    assert [mended for *_, mended in gaps(firm)].count(None) == 0


def test_a_run_of_some_relations_mends_no_gap_of_the_others(firm):
    firm.night()
    firm.bring(*rows(R1=SAFE, R2=SAFE))
    firm.night(TUESDAY + A_DAY, relations=RelationFilter(relations=["R1"]))
    assert gaps(firm) == [("R1", "missing_field", 0, 1), ("R2", "missing_field", 0, None)]


def test_a_run_for_an_earlier_day_mends_nothing_before_it_began(firm):
    firm.night()
    firm.bring(*rows(R1=SAFE))
    firm.night(TUESDAY - A_DAY)
    assert gaps(firm)[0] == ("R1", "missing_field", 0, 0)


def test_the_database_refuses_a_second_open_gap(firm):
    firm.night()
    again = "INSERT INTO gaps (relation_id, template, schedule, reason, since_on) SELECT relation_id, template, "
    with pytest.raises(IntegrityError), firm.store.begin() as connection:
        connection.execute(text(again + "schedule, reason, since_on FROM gaps"))


def test_a_report_between_runs_sees_what_a_run_would_note(firm):
    """The twin of the three statements (tasks/domain/quality/gaps.py): equal to what they leave."""
    firm.night()
    with firm.store.begin(only_reads=True) as connection:
        known = read_frame(connection, "SELECT * FROM gaps", {})[list(frames.GAPS)]
    firm.bring(*rows(R1=SAFE, R2="2999-12-31", R3=""))
    day = TUESDAY + A_DAY
    written, _ = run_report(firm.settings, firm.store, day)
    firm.night(day)
    listed = pd.DataFrame(written.data["gaps"]["first"])
    twin = note_gaps(known, gaps_found(listed, day), day)
    assert told(twin) == gaps(firm)
    assert gaps(firm) == [
        ("R1", "missing_field", 0, 1),
        ("R2", "invalid_field", 0, None),
        ("R3", "missing_field", 1, None),
    ]
    assert {g["relation_id"]: g["since_on"] for g in written.data["gaps"]["first"]} == {
        "R2": str(TUESDAY),
        "R3": str(day),
    }
    assert (written.data["changes"]["opened"], written.data["changes"]["mended"]) == (1, 1)


def test_what_is_older_than_the_firm_keeps_is_forgotten(firm):
    firm.edit("firm.yaml", "keep_days: 400", "keep_days: 30")
    long_ago = TUESDAY.replace(year=2020)
    firm.night(long_ago)
    firm.bring(*rows(R1=SAFE))
    firm.night(long_ago + A_DAY)
    assert len({run for run, *_ in scored(firm)}) == 2
    last = firm.night(TUESDAY - timedelta(days=1))
    assert {run for run, *_ in scored(firm)} == {last.run_id}
    open_since = (long_ago - TUESDAY).days
    assert gaps(firm) == [("R2", "missing_field", open_since, None)], "an open gap stays, however old"


def test_a_run_for_a_day_to_come_forgets_nothing(firm):
    first = firm.night()
    firm.night(TUESDAY.replace(year=2190))
    assert first.run_id in {run for run, *_ in scored(firm)}
