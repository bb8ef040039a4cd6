"""M7 where a bounce names only an address: the mail that came back leaves again, once, for the corrected one."""

from datetime import timedelta

import pytest

from factories import TUESDAY, relation
from posting import NINE, TWO_AT_NIGHT, delivered
from tasks.domain.mail.events import resolve_bounces
from tasks.mail.delivery.events import record_events

LABELS = {"bounced": "Corriger", "opted_out": "Ne plus écrire", "uncertain": "Vérifier l'envoi {message} ({subject})"}
TEN = NINE + timedelta(hours=1)
THURSDAY = TUESDAY + timedelta(days=2)


@pytest.fixture
def sent(any_firm, clock):
    """Five mails delivered at nine."""
    any_firm.night()
    clock.turn(NINE)
    return any_firm


def bounce(address, at=TEN, event_id="late-1", **more):
    return {
        "event": "bounce", "type": "bounce", "email": address, "sg_event_id": event_id, "timestamp": at.timestamp(),
    } | more  # fmt: skip


def tell(firm, *events, now=TEN):
    return record_events(firm.store, list(events), LABELS, now, TUESDAY)


def status_of(firm, relation_id):
    return [m["status"] for m in firm.messages() if m["relation_id"] == relation_id]


def address_tasks(firm, **filters):
    return [task for task in firm.tasks(**filters) if task["template"] == "mail-address"]


def correct(firm, on=TUESDAY):
    rows = [relation(f"R{n}", "2026-11-20", email=f"r{n}@x.example") for n in (0, 1, 2, 4)]
    firm.bring(*rows, relation("R3", "2026-11-20", email="corrected@x.example"), on=on)


@pytest.mark.parametrize("address", ["R3@x.example", "Monsieur Trois <r3@x.example>"])
def test_m7_a_bounce_that_names_only_the_address_takes_its_mail_back_and_it_leaves_once_for_the_next(
    sent, service, clock, address
):
    assert tell(sent, bounce(address)).to_json()["new"] == 1
    assert status_of(sent, "R3") == ["suppressed"]
    (task,) = address_tasks(sent)
    assert (task["relation_id"], [s["key"] for s in task["subtasks"]]) == ("R3", ["mend"])
    # Told again, and by another event about the same address, nothing more is taken back.
    tell(sent, bounce(address), bounce(address, event_id="late-2"))
    assert sorted(m["status"] for m in sent.messages()) == ["sent"] * 4 + ["suppressed"]

    correct(sent)
    clock.turn(TEN)
    for _ in range(2):
        sent.night(THURSDAY)
    clock.turn(TWO_AT_NIGHT + timedelta(days=3))
    (mail,) = [m for m in sent.messages() if m["relation_id"] == "R3"]
    assert (mail["status"], mail["to"]) == ("sent", "corrected@x.example")
    assert delivered(service)[str(mail["message_id"])] == 2, "once to each address"
    assert address_tasks(sent, only_open=True) == []


def test_m7_an_address_known_from_sendgrids_list_alone_takes_its_mail_back(sent, service, clock):
    service.suppress("bounces", "r3@x.example", created=int(TEN.timestamp()))
    clock.turn(TEN + timedelta(minutes=10))
    sent.night(TUESDAY)
    assert status_of(sent, "R3") == ["suppressed"]
    correct(sent)
    figures = sent.night(THURSDAY)
    assert figures.delivered.sent == 1
    assert status_of(sent, "R3") == ["sent"]


def test_m7_an_address_that_bounced_before_our_mail_left_takes_nothing_back(sent):
    tell(sent, bounce("r3@x.example", at=NINE - timedelta(hours=2)))
    assert status_of(sent, "R3") == ["sent"]


def test_m7_where_it_is_not_certain_the_owners_task_names_the_mail_and_does_not_close_by_itself(sent):
    tell(sent, bounce("r3@x.example", at=NINE + timedelta(days=5)), now=NINE + timedelta(days=5))
    assert status_of(sent, "R3") == ["sent"]
    (mail,) = [m for m in sent.messages() if m["relation_id"] == "R3"]
    (task,) = address_tasks(sent)
    assert task["subtasks"][1]["label"] == f"Vérifier l'envoi {mail['message_id']} ({mail['subject']})"
    correct(sent)
    sent.night(THURSDAY)
    assert [t["status"] for t in address_tasks(sent)] == ["open"]


def test_m7_a_relation_whose_address_was_corrected_before_the_bounce_came_gets_the_mail_too(sent):
    correct(sent)
    tell(sent, bounce("r3@x.example"))
    assert status_of(sent, "R3") == ["suppressed"]
    assert sent.night(THURSDAY).delivered.sent == 1
    assert status_of(sent, "R3") == ["sent"]


def test_m7_a_complaint_or_an_unsubscribe_takes_nothing_back(sent):
    spam = {"event": "spamreport", "email": "r3@x.example", "sg_event_id": "s", "timestamp": TEN.timestamp()}
    tell(sent, spam)
    assert status_of(sent, "R3") == ["sent"]


def mail(message_id, left_at, delivery=None, address="a@x.example"):
    return {"message_id": message_id, "address": address, "delivery": delivery, "left_at": left_at.replace(tzinfo=None)}


def test_of_several_mails_the_last_before_the_bounce_came_back_and_the_others_are_uncertain():
    sent = [
        mail(9, NINE + timedelta(hours=3)),
        mail(5, NINE),
        mail(4, NINE - timedelta(hours=1), "delivered"),
        mail(3, NINE - timedelta(hours=1)),
        mail(2, NINE - timedelta(days=9)),
    ]
    came_back, uncertain = resolve_bounces(sent, {"a@x.example": TEN})
    assert (came_back, [m["message_id"] for m in uncertain]) == ([5], [3])
