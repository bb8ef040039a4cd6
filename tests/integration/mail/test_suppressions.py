"""Addresses that are not mailed any more: SendGrid's lists, a person's word, and the way back (M5, M7)."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from factories import TUESDAY, relation
from flows.cli import relance
from posting import NINE, TWO_AT_NIGHT, delivered, once, statuses
from sql import schema
from stand_in import KEY, error
from tasks.mail.transport.sendgrid import SendGridClient
from tasks.mail.transport.sendgrid_service import SendGridService

NAMES = ("bounces", "invalid_emails", "spam_reports", "unsubscribes", "blocks")


def mails(firm):
    return {m["relation_id"]: (m["status"], m["reason"]) for m in firm.messages()}


def address_tasks(firm, **filters):
    return [task for task in firm.tasks(**filters) if task["template"] == "mail-address"]


def read_lists(service):
    """Which lists were read, and from when."""
    return [
        (line["path"].rsplit("/", 1)[1], line["status"]) for line in service.calls() if "/suppression/" in line["path"]
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bounces", "bounced"),
        ("invalid_emails", "bounced"),
        ("spam_reports", "opted_out"),
        ("unsubscribes", "opted_out"),
    ],
)
def test_m5_who_is_on_a_list_when_the_mails_leave_gets_none_and_the_owner_is_told(
    any_firm, service, clock, name, reason
):
    service.suppress(name, "R3@X.example")
    figures = any_firm.night()
    assert (figures.delivered.sent, figures.delivered.dropped) == (4, {reason: 1})
    assert mails(any_firm)["R3"] == ("suppressed", reason)
    assert [(t["relation_id"], t["status"]) for t in address_tasks(any_firm)] == [("R3", "open")]
    clock.turn(NINE)
    assert sum(delivered(service).values()) == 4


def test_a_block_silences_nothing(firm, service):
    service.suppress("blocks", "r3@x.example")
    assert firm.night().delivered.sent == 5
    assert address_tasks(firm) == []


def test_an_address_on_two_lists_makes_one_task(firm, service):
    service.suppress("bounces", "r3@x.example")
    service.suppress("unsubscribes", "r3@x.example")
    firm.night()
    assert len(address_tasks(firm)) == 1
    firm.night()
    assert len(address_tasks(firm)) == 1


def test_long_lists_are_read_page_by_page_and_nothing_is_missed(firm, service, clock):
    for n in range(1203):
        service.suppress("bounces", f"c{n}@y.example", created=int(TWO_AT_NIGHT.timestamp()) - n)
    client = SendGridClient(service.url, KEY, clock)
    found = list(SendGridService(client).suppressed("bounces", TWO_AT_NIGHT - timedelta(days=1), TWO_AT_NIGHT))
    client.close()
    assert {address for address, _ in found} == {f"c{n}@y.example" for n in range(1203)}
    assert read_lists(service) == [("bounces", 200)] * 3


def test_each_list_is_read_from_where_it_was_left_with_a_day_of_overlap(firm, service, clock):
    firm.night()
    assert sorted(name for name, _ in read_lists(service)) == sorted(NAMES)
    # An entry that shows up late bears an hour at which the list had been read already.
    service.suppress("bounces", "r3@x.example", created=int(TWO_AT_NIGHT.timestamp()) - 3600)
    service.suppress("bounces", "r4@x.example", created=int(TWO_AT_NIGHT.timestamp()) - 2 * 86400)
    clock.turn(TWO_AT_NIGHT + timedelta(hours=1))
    firm.night()
    with firm.store.begin() as connection:
        known = set(connection.execute(select(schema.suppressions.c.address)).scalars())
    assert known == {"r3@x.example"}


def test_m5_lists_that_cannot_be_read_let_nothing_leave(firm, service, clock):
    service.faults(error(500, method="GET", path="/v3/suppression/spam_reports"))
    figures = firm.night()
    assert (figures.delivered.sent, statuses(firm)) == (0, {"pending": 5})
    assert "500" in figures.delivered.problem
    firm.night()
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_a_mended_address_closes_the_task_and_the_mail_leaves(firm, service, clock):
    service.suppress("bounces", "r3@x.example")
    firm.night()
    rows = [relation(f"R{n}", "2026-11-20", email=f"r{n}@x.example") for n in (0, 1, 2, 4)]
    firm.bring(*rows, relation("R3", "2026-11-20", email="mended@x.example"), on=TUESDAY)
    assert firm.night().delivered.sent == 1
    (task,) = address_tasks(firm)
    assert (task["status"], task["closed_by"], task["subtasks"][0]["status"]) == ("done", "mended", "done")
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_the_desk_lists_adds_and_lifts(firm, service, desk, clock):
    service.suppress("bounces", "r3@x.example")
    firm.night()
    assert "Address suppressed." in desk("suppressions add R1@x.example --as-of 2026-11-24").stderr
    assert "already" in desk("suppressions add r1@x.example").stderr
    assert "not an e-mail address" in desk("suppressions add nonsense", expect=1).stderr
    listed = json.loads(desk("suppressions list --json").stdout)
    assert [(row["address"], row["kind"], row["reason"], row["relation_ids"]) for row in listed] == [
        ("r1@x.example", "hand", "opted_out", ["R1"]),
        ("r3@x.example", "bounces", "bounced", ["R3"]),
    ]
    assert "r3@x.example" in desk("suppressions list").stdout

    assert "Taken off bounces" in desk("suppressions lift r3@x.example").stderr
    assert "not suppressed" in desk("suppressions lift r3@x.example", expect=1).stderr
    assert [t["relation_id"] for t in address_tasks(firm, only_open=True)] == ["R1"]
    clock.turn(TWO_AT_NIGHT + timedelta(minutes=5))
    assert firm.night().delivered.sent == 1, (
        "SendGrid has forgotten it too, so that the next reading does not bring it back"
    )
    clock.turn(NINE)
    assert delivered(service) == once(firm)


def test_an_unsubscribe_is_taken_back_under_its_own_path(firm, service, desk):
    service.suppress("unsubscribes", "r3@x.example")
    firm.night()
    desk("suppressions lift r3@x.example")
    assert [line["path"] for line in service.calls() if line["method"] == "DELETE"] == [
        "/v3/asm/suppressions/global/r3@x.example"
    ]


def test_what_sendgrid_does_not_let_go_of_stays_here_as_well(firm, service, desk):
    service.suppress("bounces", "r3@x.example")
    firm.night()
    service.faults(error(500, method="DELETE", path="/v3/suppression/*"))
    refused = desk("suppressions lift r3@x.example", expect=1)
    assert "r3@x.example" not in refused.stderr
    assert len(json.loads(desk("suppressions list --json").stdout)) == 1


def test_lifted_and_silenced_again_is_a_new_task(firm, service, desk):
    desk("suppressions add r1@x.example --as-of 2026-11-24")
    desk("suppressions lift r1@x.example --as-of 2026-11-24")
    desk("suppressions add r1@x.example --as-of 2026-11-24")
    firm.night()
    assert sorted(t["status"] for t in address_tasks(firm)) == ["done", "open"]


def test_m7_holds_whatever_the_transport(sqlite_office, monkeypatch):
    office = sqlite_office
    office.bring(relation("R1", "2026-11-20", email="r1@x.example"))
    office.put_on("R1")
    monkeypatch.setenv("RELANCE_HOME", str(office.settings.home))
    CliRunner().invoke(
        relance, ["suppressions", "add", "r1@x.example", "--as-of", "2026-11-24"], catch_exceptions=False
    )
    figures = office.night()
    assert (figures.composed.dropped, office.mails()) == ({"opted_out": 1}, [])
