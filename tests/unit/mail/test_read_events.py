"""Events of the mail service, read and sorted."""

from datetime import UTC, datetime

import pytest

from tasks.domain.mail.events import REASON_OF_LIST, WEIGHTS, EventError, read_event

REPORTED = {
    "event": "delivered",
    "email": "Jeanne@Martin.example",
    "timestamp": 1795507200,
    "sg_event_id": "e1",
    "sg_message_id": "m1",
    "message_id": "17",
    "attempt": "abc-1",
}


def kind_and_list(**changes):
    event = read_event(REPORTED | changes)
    return event.kind, event.on_list


def test_an_event_of_ours_names_the_mail_and_the_attempt():
    event = read_event(REPORTED)
    assert (event.event_id, event.message_id, event.token) == ("e1", 17, "abc-1")
    assert event.address == "jeanne@martin.example"
    assert event.happened_at == datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("delivered", None)),
        ({"event": "processed"}, ("processed", None)),
        ({"event": "deferred"}, ("deferred", None)),
        ({"event": "bounce", "type": "bounce"}, ("bounced", "bounces")),
        ({"event": "bounce"}, ("bounced", "bounces")),
        ({"event": "bounce", "type": "blocked"}, ("blocked", "blocks")),
        ({"event": "dropped", "reason": "Bounced Address"}, ("dropped", "bounces")),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, ("dropped", "unsubscribes")),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, ("dropped", "spam_reports")),
        ({"event": "dropped", "reason": "Invalid"}, ("dropped", "invalid_emails")),
        ({"event": "dropped", "reason": "Recipient List over Package Quota"}, ("refused", None)),
        ({"event": "dropped"}, ("refused", None)),
        ({"event": "spamreport"}, ("reported", "spam_reports")),
        ({"event": "unsubscribe"}, ("unsubscribed", "unsubscribes")),
        ({"event": "group_unsubscribe"}, ("unsubscribed", "unsubscribes")),
    ],
    ids=str,
)
def test_kinds_and_the_list_that_the_address_is_on(changes, expected):
    assert kind_and_list(**changes) == expected
    assert expected[0] in WEIGHTS
    assert expected[1] is None or expected[1] in REASON_OF_LIST


def test_m7_what_silences_an_address_and_what_does_not():
    assert {kind: reason for kind, reason in REASON_OF_LIST.items() if reason is None} == {"blocks": None}


@pytest.mark.parametrize("kind", ["open", "click", "group_resubscribe", "something new", None])
def test_an_event_that_says_nothing_of_delivery_is_none(kind):
    assert read_event(REPORTED | {"event": kind}) is None


@pytest.mark.parametrize(
    "other",
    [
        {"message_id": "17"},
        {"attempt": "abc-1"},
        {"message_id": "17; DROP TABLE", "attempt": "abc-1"},
        {"message_id": "17", "attempt": "x" * 65},
        {"message_id": "17", "attempt": 3},
    ],
    ids=str,
)
def test_an_event_of_another_product_on_the_same_account_counts_for_its_address_alone(other):
    strange = {k: v for k, v in REPORTED.items() if k not in ("message_id", "attempt")} | other
    event = read_event(strange)
    assert (event.message_id, event.token) == (None, None)
    assert event.address == "jeanne@martin.example"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sg_event_id": None}, "sg_event_id"),
        ({"sg_event_id": ""}, "sg_event_id"),
        ({"sg_event_id": "x" * 200}, "sg_event_id"),
        ({"email": "a\nb@x.example"}, "email"),
        ({"email": 7}, "email"),
        ({"timestamp": "soon"}, "timestamp"),
        ({"timestamp": 10**20}, "timestamp"),
    ],
    ids=str,
)
def test_an_event_that_cannot_be_read_says_what_it_lacks_and_nobodys_name(changes, says):
    with pytest.raises(EventError, match=says) as caught:
        read_event(REPORTED | changes)
    assert "martin" not in str(caught.value).lower()


@pytest.mark.parametrize("told", [None, 7, "text", []])
def test_what_is_no_object_is_no_event(told):
    with pytest.raises(EventError, match="no object"):
        read_event(told)
