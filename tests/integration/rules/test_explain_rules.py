"""`relance rule explain`: why a form or rule applies to an activity or does not, and what it did (W1, W2)."""

import pytest
from diary import Diary
from sqlalchemy import text

from flows.jobs.activities import rule_book
from tasks.rules.explain import explain_rules


@pytest.fixture
def diary(office):
    return Diary(office)


def explained(diary):
    settings = diary.office.settings
    return explain_rules(diary.office.store, settings.forms.values(), rule_book(settings), "A1")


def test_every_form_and_rule_is_explained_and_what_it_did(diary):
    with diary.office.store.begin() as connection:
        connection.execute(text("UPDATE relations SET email = NULL"))
    diary.save(notify_contact=True, invitees=())
    rows = [(row["kind"], row["name"], row["applies"], row["why"], row["outcome"]) for row in explained(diary)]
    assert rows == [
        ("form", "appointment-notice", True, "its condition holds", None),
        ("rule", "appointment-notice", True, "its condition holds", None),
        ("act", "appointment-notice", False, "no_email; message appointment: C1 has no e-mail address", "failed"),
    ]


def test_a_test_that_fails_is_named(diary):
    diary.save()
    words = {row["kind"]: row["why"] for row in explained(diary)}
    assert words == {
        "form": "its condition does not hold: notify_contact is yes",
        "rule": "its condition does not hold: notify_contact is yes",
    }
