"""Digest: one mail per recipient and send day with every request's part (K1), counted as merged (M6); and who sends it."""

import email
import email.policy
from datetime import datetime, timedelta

import pytest

from factories import TUESDAY, relation
from flows.jobs.dispatch import run_dispatch
from flows.jobs.requests import take_answer
from posting import NINE, delivered, events
from tasks.mail.delivery.events import record_events
from tasks.requests.answers import Answer

SCHEDULE = {"key": "monthly", "anchor": "period", "starts_on": "2026-11-24", "frequency": "yearly"}
NAMES = ("payroll", "vat")


def asks(name):
    return {
        "key": "documents",
        "kind": "request",
        "label": f"Pièces {name}",
        "message": "request_documents",
        "items": [{"key": "kms", "label": f"Relevé {name}", "type": "number"}],
        "send": {"from": "creation"},
        "reminders": {"every_days": 3, "max": 1},
        "on_sent": "waiting_on_client",
        "on_exhausted": "resend_requests",
    }


def digesting(firm, *people):
    """Two requests for each person, on a Tuesday."""
    firm.edit("firm.yaml", "digest: none", "digest: relation")
    for name in NAMES:
        firm.define(name, subtasks=[asks(name)], schedules=[SCHEDULE])
    firm.bring(*(relation(p, email=f"{p.lower()}@x.example") for p in people), file="people.csv")
    for name in NAMES:
        firm.assign(f"{name}/monthly", *people, since=TUESDAY)
    return firm


def adds_up(night):
    figures = night.to_json()["messages"]
    parts = sum(figures[name] for name in ("sent", "merged", "deferred", "held")) + sum(figures["dropped"].values())
    assert parts == figures["due"], figures
    return figures


def letters(office):
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in office.mails()]


def test_k1_one_mail_holds_every_requests_part_and_says_hello_once(office):
    digesting(office, "R1", "R2")
    figures = adds_up(office.night(TUESDAY))
    assert (figures["due"], figures["sent"], figures["merged"]) == (4, 2, 2)
    assert len(office.mails()) == 2
    letter = letters(office)[0]
    for kind in ("plain", "html"):
        text = letter.get_body((kind,)).get_content()
        assert [text.count(words) for words in ("Bonjour", "Relevé payroll", "Relevé vat", "Bien cordialement")] == [
            1
        ] * 4
    assert letter["Subject"] == "2 demandes de Mon cabinet"
    assert {m["status"] for m in office.messages()} == {"sent"}
    assert {t["status"] for t in office.tasks()} == {"waiting_on_client"}


def test_k1_reminders_of_a_day_are_one_mail_and_each_request_counts_its_own(office):
    digesting(office, "R1")
    office.night(TUESDAY)
    take_answer(office.settings, office.store, Answer(1, "documents", "kms", TUESDAY, "1"))
    figures = adds_up(office.night(TUESDAY + timedelta(days=3)))
    assert (figures["sent"], figures["merged"]) == (1, 0)
    assert sorted(t["status"] for t in office.tasks()) == ["done", "resend_requests"]


def test_m5_what_was_answered_after_it_was_composed_is_in_no_digest(office):
    digesting(office, "R1")
    office.night(TUESDAY, delivers=False)
    take_answer(office.settings, office.store, Answer(1, "documents", "kms", TUESDAY, "1"))
    figures = adds_up(office.night(TUESDAY))
    assert (figures["sent"], figures["merged"]) == (1, 0)
    assert letters(office)[0]["Subject"].startswith("Pi")


def test_k1_through_sendgrid_a_bounce_takes_back_every_part(firm, service, clock):
    digesting(firm, "P1")
    firm.night(TUESDAY)
    clock.turn(NINE)
    mine = firm.messages(relation_id="P1")
    assert [m["status"] for m in mine] == ["sent", "sent"]
    reached = delivered(service)
    assert sorted(reached[str(m["message_id"])] for m in mine) == [0, 1]
    carrier = next(m["message_id"] for m in mine if reached[str(m["message_id"])])
    record_events(firm.store, events(service, "bounce", carrier), LABELS, clock(), TUESDAY)
    assert {(m["status"], m["reason"]) for m in firm.messages(relation_id="P1")} == {("suppressed", "bounced")}
    firm.bring(relation("P1", email="new@x.example"), on=TUESDAY, file="people.csv")
    clock.turn(NINE + timedelta(hours=1))
    adds_up(firm.night(TUESDAY))
    assert {m["status"] for m in firm.messages(relation_id="P1")} == {"sent"}


def test_k1_a_digest_waits_for_the_window_of_its_reminder(firm, service, clock):
    digesting(firm, "P1")
    firm.night(TUESDAY)
    clock.turn(NINE)
    friday = TUESDAY + timedelta(days=3)
    firm.define("third", subtasks=[asks("third")], schedules=[SCHEDULE | {"starts_on": "2026-11-27"}])
    firm.assign("third/monthly", "P1", since=friday)
    clock.turn(datetime(2026, 11, 27, 1, tzinfo=NINE.tzinfo))
    firm.night(friday)
    of_friday = [m for m in firm.messages(relation_id="P1") if m["send_on"] == "2026-11-27"]
    assert [m["status"] for m in of_friday] == ["pending"] * 3
    clock.turn(datetime(2026, 11, 27, 7, 30, tzinfo=NINE.tzinfo))
    assert run_dispatch(firm.settings, firm.store, friday).merged == 2
    clock.turn(datetime(2026, 11, 27, 9, tzinfo=NINE.tzinfo))
    reached = delivered(service)
    assert sum(reached[str(m["message_id"])] for m in of_friday) == 1


OWNER = {"user_id": "U1", "first_name": "Anne", "last_name": "Petit", "email": "anne@cabinet.example"}


@pytest.mark.parametrize(
    ("setting", "sender"), [("firm", "contact@mon-cabinet.example"), ("owner", "anne@cabinet.example")]
)
def test_the_answer_goes_to_the_owner_and_the_client_sees_whom_the_firm_chose(office, setting, sender):
    office.edit("firm.yaml", "  send_hour:", f"  from: {setting}\n  send_hour:")
    office.take("users", OWNER)
    office.bring(relation("R1", "2026-11-28", owner_id="U1"), relation("R2", "2026-11-28"))
    office.put_on("R1", "R2")
    office.night(TUESDAY)
    mine, other = letters(office)
    assert (mine["From"].addresses[0].addr_spec, mine["Reply-To"].addresses[0].addr_spec) == (sender, OWNER["email"])
    assert (other["From"].addresses[0].addr_spec, other["Reply-To"]) == ("contact@mon-cabinet.example", None)


def test_through_sendgrid_each_owners_mails_are_a_request_of_their_own(firm, service, clock):
    firm.edit("firm.yaml", "  send_hour:", "  from: owner\n  send_hour:")
    service.set(keep_bodies=True)
    firm.take("users", OWNER)
    firm.bring(
        *(relation(f"R{n}", "2026-11-20", email=f"r{n}@x.example", owner_id="U1" if n else "") for n in range(5))
    )
    firm.night(TUESDAY)
    bodies = [service.body(line["id"]) for line in service.requests()]
    asked = [(b["from"]["email"], b.get("reply_to", {}).get("email"), len(b["personalizations"])) for b in bodies]
    assert sorted(asked, key=str) == [
        ("anne@cabinet.example", "anne@cabinet.example", 4),
        ("contact@mon-cabinet.example", None, 1),
    ]


LABELS = {"bounced": "b", "opted_out": "o", "complained": "c", "uncertain": "u {message} {subject}"}
