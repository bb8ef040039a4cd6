"""What SendGrid tells of mails, and what follows: M7, O3, and that order and repetition change nothing."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from factories import TUESDAY, relation
from flows.cli import relance
from posting import MIDDAY, NINE, TWO_AT_NIGHT, delivered, events, once, statuses
from sql import schema
from stand_in import KEY, gateway
from tasks.mail.delivery.events import UnreadableEvents, parse_events, record_events

LABELS = {"bounced": "Adresse à corriger", "opted_out": "Ne plus écrire"}
WEDNESDAY = TUESDAY + timedelta(days=1)


@pytest.fixture
def sent(firm, clock):
    """Five mails delivered at nine."""
    firm.night()
    clock.turn(NINE)
    return firm


@pytest.fixture
def sent_by_any(any_firm, clock):
    """The same, on each kind of database."""
    any_firm.night()
    clock.turn(NINE)
    return any_firm


def tell(firm, told, now=NINE):
    return record_events(firm.store, told, LABELS, now, TUESDAY)


def mails(firm):
    return {m["message_id"]: (m["status"], m["reason"]) for m in firm.messages()}


def deliveries(firm):
    m = schema.messages.c
    with firm.store.begin() as connection:
        return dict(connection.execute(select(m.message_id, m.delivery)).all())


def address_tasks(firm, **filters):
    return [task for task in firm.tasks(**filters) if task["template"] == "mail-address"]


def known(firm):
    """Everything that events can change."""
    tables = (schema.messages, schema.suppressions, schema.follow_up_tasks, schema.follow_up_subtasks)
    left_out = ("suppression_id", "task_id", "occurrence", "since_at")
    with firm.store.begin() as connection:
        return [
            sorted(str({k: v for k, v in row.items() if k not in left_out}) for row in rows.mappings())
            for rows in (connection.execute(table.select()) for table in tables)
        ]


def test_what_was_delivered_is_known_and_changes_nothing_else(sent, service):
    recorded = tell(sent, events(service, "delivered"))
    assert recorded.to_json() == {"new": 5, "repeated": 0, "ignored": 0, "refused": 0}
    assert (statuses(sent), set(deliveries(sent).values())) == ({"sent": 5}, {"delivered"})
    assert address_tasks(sent) == []


def test_an_event_told_forty_six_times_is_one(sent, service):
    told = events(service, "bounce", 1, copies=46)
    assert tell(sent, told).to_json() == {"new": 1, "repeated": 45, "ignored": 0, "refused": 0}
    assert tell(sent, told).to_json() == {"new": 0, "repeated": 46, "ignored": 0, "refused": 0}
    assert len(address_tasks(sent)) == 1


@pytest.mark.parametrize(
    ("kind", "reason", "label"),
    [
        ("bounce", "bounced", LABELS["bounced"]),
        ("spamreport", "opted_out", LABELS["opted_out"]),
        ("unsubscribe", "opted_out", LABELS["opted_out"]),
    ],
)
def test_m7_the_address_is_silenced_and_the_owner_gets_one_task(sent_by_any, service, kind, reason, label):
    tell(sent_by_any, events(service, kind, 1))
    (task,) = address_tasks(sent_by_any)
    assert (task["relation_id"], task["label"], task["due_on"], task["status"]) == ("R0", label, "2026-11-24", "open")
    assert [(step["key"], step["kind"]) for step in task["subtasks"]] == [("mend", "action")]
    sent_by_any.bring(*(relation(f"R{n}", "2026-12-01", email=f"r{n}@x.example") for n in range(5)), on=TUESDAY)
    sent_by_any.night(datetime(2026, 11, 26, tzinfo=UTC).date(), delivers=False)
    later = {m["relation_id"]: (m["status"], m["reason"]) for m in sent_by_any.messages() if m["message_id"] > 5}
    assert later["R0"] == ("suppressed", reason)
    assert later["R1"] == ("pending", None)


def test_m7_another_relation_with_the_same_address_is_silenced_and_told_too(sent, service):
    sent.bring(
        *(relation(f"R{n}", "2026-11-20", email=f"r{n}@x.example") for n in range(5)),
        relation("R9", email="R1@X.example"),
    )
    tell(sent, events(service, "bounce", 2))
    assert [task["relation_id"] for task in address_tasks(sent)] == ["R1", "R9"]


def test_a_mail_that_bounced_is_not_sent_and_leaves_again_when_the_address_is_mended(sent_by_any, service, clock):
    tell(sent_by_any, events(service, "bounce", 1))
    assert mails(sent_by_any)[1] == ("suppressed", "bounced")
    assert sent_by_any.tasks(relation_id="R0", template="id-card")[0]["subtasks"][0]["status"] == "open"
    mended = relation("R0", "2026-11-20", email="new@x.example")
    sent_by_any.bring(
        mended, *(relation(f"R{n}", "2026-11-20", email=f"r{n}@x.example") for n in range(1, 5)), on=WEDNESDAY
    )
    clock.turn(NINE + timedelta(hours=17))
    figures = sent_by_any.night(WEDNESDAY)
    assert figures.delivered.sent == 1
    assert address_tasks(sent_by_any, only_open=True) == []
    clock.turn(NINE + timedelta(days=1))
    assert mails(sent_by_any)[1] == ("sent", None)
    assert delivered(service)["1"] == 2, "once to the address that bounced, once to the other"
    assert deliveries(sent_by_any)[1] is None
    # What is still told of the first attempt is no news of the second.
    tell(sent_by_any, [event | {"sg_event_id": "late"} for event in events(service, "bounce", 1)[:1]])
    assert mails(sent_by_any)[1] == ("sent", None)


def test_a_task_that_closed_when_its_mails_had_left_is_open_again_when_one_bounces(
    sqlite_office, sending, service, clock
):
    mail = {"key": "ask", "kind": "auto_email", "message": "request_documents", "offset_days": -5}
    renewal = {"key": "renewal", "anchor": "field:id_card", "plan_before_days": 20}
    sqlite_office.define("id-card", subtasks=[mail], schedules=[renewal])
    firm = sending(sqlite_office)
    firm.night()
    assert {task["status"] for task in firm.tasks()} == {"done"}
    clock.turn(NINE)
    tell(firm, events(service, "bounce", 1))
    assert [t["relation_id"] for t in firm.tasks(only_open=True) if t["template"] == "id-card"] == ["R0"]


def test_a_block_is_of_one_mail_alone(sent_by_any, service):
    tell(sent_by_any, events(service, "blocked", 1))
    assert mails(sent_by_any)[1] == ("rejected", "bounced")
    assert address_tasks(sent_by_any) == []
    with sent_by_any.store.begin() as connection:
        (row,) = connection.execute(schema.suppressions.select()).mappings()
    assert (row["kind"], row["reason"]) == ("blocks", None)


def test_a_mail_that_sendgrid_dropped_was_not_sent(any_firm, service, clock):
    any_firm.night()
    service.suppress("unsubscribes", "r2@x.example")
    clock.turn(NINE)
    assert delivered(service) == once(any_firm) - Counter({"3": 1})
    tell(any_firm, events(service, "dropped"))
    assert mails(any_firm)[3] == ("suppressed", "opted_out")
    assert [task["relation_id"] for task in address_tasks(any_firm)] == ["R2"]


def test_law_neither_order_nor_repetition_changes_what_is_known(firm, service, clock, tmp_path):
    firm.night()
    clock.turn(NINE)
    told = [
        event
        for kind, numbers in (
            ("delivered", (1, 2, 3, 4)),
            ("bounce", (1, 5)),
            ("deferred", (2, 5)),
            ("spamreport", (3,)),
        )
        for event in events(service, kind, *numbers)
    ]
    outcomes = []
    for seed in range(6):
        shuffled = told * 2 if seed else list(told)
        Random(seed).shuffle(shuffled)
        with firm.store.rehearsal():
            for start in range(0, len(shuffled), 3):
                tell(firm, shuffled[start : start + 3])
            outcomes.append(known(firm))
    assert all(one == outcomes[0] for one in outcomes[1:])


def test_o3_an_event_settles_an_attempt_of_which_nobody_knew(any_firm, service, clock):
    service.set(logs_lag=86400)
    clock.turn(MIDDAY)
    service.faults(gateway(502, accepted=True))
    any_firm.night()
    assert statuses(any_firm) == {"unknown": 5}
    # A request is taken whole: one of its mails is enough.
    tell(any_firm, events(service, "delivered", 4), MIDDAY)
    assert statuses(any_firm) == {"sent": 5}
    steps = [task["subtasks"][0]["status"] for task in any_firm.tasks()]
    assert steps == ["done"] * 5


def test_o3_an_event_settles_what_is_held(firm, service, clock):
    service.set(logs_lag=86400)
    service.faults(gateway(502, accepted=True))
    firm.night()
    clock.turn(NINE - timedelta(minutes=14))
    firm.night()
    assert statuses(firm) == {"held": 5}
    clock.turn(NINE)
    tell(firm, events(service, "delivered", 1))
    assert (statuses(firm), delivered(service)) == ({"sent": 5}, once(firm))


def test_o3_that_a_cancelled_mail_was_once_taken_in_proves_nothing(firm, service, clock):
    service.faults(gateway(502, accepted=True))
    service.set(hide_cancels=2)
    firm.night()
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=2))
    firm.night()
    assert statuses(firm) == {"unknown": 5}
    tell(firm, events(service, "processed", 1), clock())
    assert statuses(firm) == {"unknown": 5}


def test_an_event_may_come_before_its_answer(firm, service, clock, monkeypatch):
    from tasks.mail.delivery import deliver

    record = deliver._record

    def late(store, ledger, outcome, *words):
        if outcome.attempt_id is not None:
            clock.turn(NINE)
            tell(firm, events(service, "bounce", 2))
        record(store, ledger, outcome, *words)

    monkeypatch.setattr(deliver, "_record", late)
    firm.night()
    assert mails(firm)[2] == ("suppressed", "bounced")
    assert statuses(firm) == {"sent": 4, "suppressed": 1}


def test_what_cannot_be_read_is_counted_and_the_rest_is_recorded(sent, service):
    told = events(service, "delivered")
    broken = [{}, {"event": "delivered", "email": "secret@x.example", "timestamp": 1}, 7]
    recorded = tell(sent, [broken[0], *told, *broken[1:], {"event": "open"}])
    assert recorded.to_json() == {"new": 5, "repeated": 0, "ignored": 2, "refused": 2}
    assert [problem.split(":")[0] for problem in recorded.problems] == ["event 7", "event 8"]
    assert "secret" not in str(recorded.problems)


def test_m7_an_event_without_our_token_counts_for_the_address_and_the_last_mail_to_it(sent):
    strange = {
        "event": "bounce",
        "email": "r3@x.example",
        "timestamp": 1795507200,
        "sg_event_id": "s1",
        "message_id": "4",
    }
    tell(sent, [strange])
    assert mails(sent)[4] == ("suppressed", "bounced")
    assert [task["relation_id"] for task in address_tasks(sent)] == ["R3"]


@pytest.mark.parametrize("words", ['[{"a": 1}, {"b": 2}]', '{"a": 1}\n\n{"b": 2}\n', '[{"a": 1}]\n[{"b": 2}]'], ids=str)
def test_a_file_of_events_may_be_a_body_or_lines(words):
    assert parse_events(words) == [{"a": 1}, {"b": 2}]


def test_a_file_that_holds_no_events_names_the_line():
    with pytest.raises(UnreadableEvents, match="line 2: not JSON"):
        parse_events('{"a": 1}\nnonsense\n')


def test_relance_events_records_a_file_once(sent, service, tmp_path, monkeypatch):
    monkeypatch.setenv("RELANCE_HOME", str(sent.settings.home))
    monkeypatch.setenv("RELANCE_DATABASE_URL", sent.settings.database_url.get_secret_value())
    monkeypatch.setenv("SENDGRID_API_KEY", KEY)
    path = tmp_path / "told.json"
    path.write_text(json.dumps([*events(service, "bounce", 1), {"event": "bounce"}]), encoding="utf-8")

    def desk(*words):
        return CliRunner().invoke(relance, words, catch_exceptions=False)

    first = desk("events", str(path), "--json")
    assert json.loads(first.stdout) == {"new": 1, "repeated": 0, "ignored": 0, "refused": 1}
    assert "event 2: its sg_event_id is missing" in first.stderr
    assert "1 repeated" in desk("events", str(path)).stderr
    assert address_tasks(sent)[0]["label"] == "Adresse e-mail à corriger : le dernier envoi est revenu"
    path.write_text("nonsense", encoding="utf-8")
    refused = desk("events", str(path))
    assert (refused.exit_code, "line 1: not JSON" in refused.stderr) == (1, True)
    assert desk("events", str(tmp_path / "nowhere")).exit_code == 1


def test_a_templates_file_may_not_take_the_name_of_these_tasks(sqlite_office):
    from tasks.domain.definitions.yaml_models import DefinitionError

    with pytest.raises(DefinitionError, match="mail-address is the name of Relance's own tasks"):
        sqlite_office.define("mail-address")
