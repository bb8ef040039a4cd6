"""Each room's law (tasks/README.md, "The stages and their laws"), on both databases."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import text

from factories import TUESDAY, relation, write_csv
from flows.jobs.providers import due_providers
from sql import schema
from sql.bulk import staged
from sql.store import query
from tasks.domain.definitions import kinds as canonical
from tasks.domain.intake.typed_rows import type_rows
from tasks.intake.readers.read_file import read_file
from tasks.mail.compose import compose
from tasks.mail.task_messages import extract_due_mails
from tasks.planning.candidates import extract_candidates, extract_relations
from tasks.planning.materialise import materialise
from tasks.planning.plan import plan, schedules_of
from tasks.validation import validate

ROWS = [
    relation("R1", "2026-11-20"),
    relation("R2", "2026-12-10"),
    relation("R3", ""),
    relation("R4", "2026-11-21", email=""),
    relation("R5", "2027-12-10"),
]


@pytest.fixture
def firm(office):
    office.bring(*ROWS)
    office.put_on("R1", "R2", "R3", "R4", "R5")
    return office


def rules(firm):
    return schedules_of(firm.settings.templates.values())


def planned(firm):
    return plan(firm.store, rules(firm), workdays=firm.settings.workdays, as_of=TUESDAY)


def dump(store):
    tables = (schema.follow_up_tasks, schema.follow_up_subtasks, schema.messages)
    with store.begin() as connection:
        return {t.name: [tuple(r) for r in connection.execute(t.select().order_by(*t.primary_key))] for t in tables}


def test_extract_gives_the_same_frames_for_the_same_tables(firm, tmp_path):
    pd.testing.assert_frame_equal(extract_relations(firm.store), extract_relations(firm.store))
    for rule in rules(firm):
        pd.testing.assert_frame_equal(extract_candidates(firm.store, rule), extract_candidates(firm.store, rule))
    file = write_csv(tmp_path / "same.csv", ROWS)
    pd.testing.assert_frame_equal(read_file(file).rows, read_file(file).rows)


def test_validate_parts_what_it_read_into_valid_and_quarantined(tmp_path):
    rows = [*ROWS, relation("B1", type="x"), relation("B2", name=""), relation("R1", "2026-01-01")]
    raw = read_file(write_csv(tmp_path / "f.csv", rows))
    typed = type_rows(raw.rows, canonical.RELATIONS, ZoneInfo("Europe/Paris"))
    findings = validate(typed, "relations", "relation_id")
    out = set(findings.loc[findings["effect"] == "quarantine", "source_row"])
    valid = set(typed["source_row"]) - out
    assert out == {7, 8, 9}
    assert valid | out == set(raw.rows["source_row"])
    assert len(valid) + len(out) == raw.read


def test_plan_gives_one_row_for_every_candidate(firm):
    found = planned(firm)
    candidates = [extract_candidates(firm.store, rule)["relation_id"] for rule in rules(firm)]
    assert sorted(found["relation_id"]) == sorted(pd.concat(candidates))
    assert found["reason"].isna().sum() + found["reason"].notna().sum() == 5
    assert found.set_index("relation_id")["reason"].dropna().to_dict() == {"R3": "missing_field", "R5": "not_yet"}


def test_materialise_changes_nothing_the_second_time(firm):
    found = planned(firm)
    due = found.loc[found["reason"].isna()]
    assert materialise(firm.store, due, firm.settings.templates, as_of=TUESDAY, language="fr") == 3
    before = dump(firm.store)
    assert materialise(firm.store, due, firm.settings.templates, as_of=TUESDAY, language="fr") == 0
    assert dump(firm.store) == before


def test_compose_puts_every_due_mail_in_one_message_or_gives_a_reason(firm):
    found = planned(firm)
    s = firm.settings
    materialise(firm.store, found.loc[found["reason"].isna()], s.templates, as_of=TUESDAY, language="fr")
    due = extract_due_mails(firm.store, TUESDAY)
    composed = compose(firm.store, s.renderer, due_providers(s), as_of=TUESDAY)
    assert composed.due == len(due) == 2
    assert composed.created + sum(composed.dropped.values()) == composed.due
    keys = [(m["task_id"], m["subtask"], m["sequence"]) for m in firm.messages()]
    assert sorted(keys) == sorted(set(keys)), "in exactly one message"
    assert len(keys) == composed.due


def test_the_outbox_itself_refuses_to_compose_over_a_mail_that_has_left(firm):
    firm.night()
    before = firm.messages()
    again = pd.DataFrame(
        [
            {
                "cause_kind": "task",
                "cause_id": str(m["task_id"]),
                "step": "ask",
                "cycle": 0,
                "sequence": 0,
                "recipient_kind": "relation",
                "recipient_id": m["relation_id"],
                "send_on": pd.Timestamp(TUESDAY),
                "status": "pending",
                "subject": "once more",
            }
            for m in before
            if m["status"] == "sent"
        ]
    )
    whole = again.assign(**dict.fromkeys(("email", "language", "body_text", "body_html", "reason")))
    with firm.store.begin() as connection, staged(connection, schema.messages, whole):
        connection.execute(text(query("upsert_messages")))
    assert len(again) == 1
    assert firm.messages() == before


def test_deliver_commits_its_claim_before_anything_leaves(firm):
    """The transport looks at the database with eyes of its own while it sends."""
    from tasks.mail.delivery.deliver import deliver
    from tasks.mail.delivery.outgoing import Outgoing
    from tasks.mail.transport.base import NoTransport

    seen = []

    class Spy(NoTransport):
        def send(self, letters, attempts):
            other = firm.settings.open_store()
            seen.extend(other.read("messages", status=None, relation_id=None, after=0)["status"])
            other.close()
            return super().send(letters, attempts)

    firm.night(delivers=False)
    s = firm.settings
    post = Outgoing(Spy(), s.renderer, s.firm.zone, s.firm.mail.send_hour, s.firm.mail.too_late_days)
    from flows.home.clock import now

    assert deliver(firm.store, post, s.templates, as_of=TUESDAY, clock=now).sent == 1
    assert sorted(seen) == ["sending", "suppressed"]


def test_deliver_leaves_an_attempt_of_unknown_fate_alone_where_repeating_would_double(firm):
    from flows.home.clock import now
    from tasks.mail.delivery.deliver import deliver
    from tasks.mail.delivery.outgoing import Outgoing
    from tasks.mail.transport.base import NoTransport, TransportError

    class Dies(NoTransport):
        may_repeat = False

        def send(self, letters, attempts):
            attempts.open([letter.message_id for letter in letters], "token", "0" * 64, None, None)
            raise TransportError("the line went dead")

    firm.night(delivers=False)
    s = firm.settings
    post = Outgoing(Dies(), s.renderer, s.firm.zone, s.firm.mail.send_hour, s.firm.mail.too_late_days)
    assert deliver(firm.store, post, s.templates, as_of=TUESDAY, clock=now).problem == "the line went dead"
    for wait, status in ((timedelta(0), "sending"), (timedelta(minutes=1), "unknown")):
        later = lambda wait=wait: now() + wait
        assert deliver(firm.store, post, s.templates, as_of=TUESDAY, clock=later).sent == 0
        assert [m["status"] for m in firm.messages(relation_id="R1")] == [status]


def test_report_says_what_came_in_and_what_was_set_aside(firm):
    figures = firm.night().to_json()
    with firm.store.begin() as connection:
        kept = json.loads(connection.execute(schema.runs.select()).mappings().one()["figures"])
    candidates = 5
    assert figures["planned"]["created"] + sum(figures["planned"]["skipped"].values()) == candidates
    assert kept["planned"] == figures["planned"]
    assert kept["messages"] == figures["messages"]
