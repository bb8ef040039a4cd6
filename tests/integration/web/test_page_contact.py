"""A question and "I am not the right person": heard by the owner at once, and nobody's words are lost."""

from datetime import timedelta

import pytest
from page_client import Pages, ask, link_in, mails, text_of
from sqlalchemy import select

from factories import TUESDAY, relation
from sql import schema


@pytest.fixture
def opened(any_pages):
    any_pages.open(link_in(mails(any_pages.office)[0]))
    return any_pages


def say(pages, ending, **typed):
    action, fields = pages.form(ending)
    return pages.post(action, fields | typed)


def comments(office):
    with office.store.begin() as connection:
        return list(connection.execute(select(schema.task_comments.c.text)).scalars())


def test_a_question_is_mailed_to_the_owner_at_once_noted_on_the_task_and_opens_one_of_the_firm(opened):
    answer = say(opened, "/question", question="Faut-il\nles originaux ?")
    assert "Votre question est partie" in answer.text
    mail = mails(opened.office)[-1]
    assert mail["To"].addresses[0].addr_spec == "anne@cabinet.example"
    assert "Faut-il\nles originaux ?" in text_of(mail).replace("\r\n", "\n")
    assert comments(opened.office) == ["Jeanne Martin: Faut-il\nles originaux ?"]
    (task,) = [task for task in opened.office.tasks() if task["template"] == "client-page"]
    assert (task["schedule"], task["relation_id"], task["status"]) == ("question", "R1", "open")


def test_a_question_without_words_or_too_long_is_refused_and_kept_in_its_field(opened):
    assert say(opened, "/question", question="  ").status_code == 422
    long = say(opened, "/question", question="x" * 2001)
    assert (long.status_code, "x" * 2001 in long.text) == (422, True)
    assert comments(opened.office) == []


def test_without_an_owner_a_question_is_still_heard(sqlite_office, moment):
    ask(sqlite_office, relation("R1", "2027-03-01"))
    pages = Pages(sqlite_office, moment)
    pages.open(link_in(mails(sqlite_office)[0]))
    assert say(pages, "/question", question="Qui ?").status_code == 200
    assert len(mails(sqlite_office)) == 1
    assert comments(sqlite_office) == ["Jeanne Martin: Qui ?"]
    assert [task["schedule"] for task in sqlite_office.tasks()] == ["monthly", "question"]


def test_who_is_not_the_right_person_is_reminded_no_more_and_the_owner_has_a_task(opened, moment):
    assert "Nous ne vous relançons plus" in say(opened, "/not-me").text
    say(opened, "/not-me")
    assert [task["schedule"] for task in opened.office.tasks()] == ["monthly", "wrong-person"]
    moment.forward(days=7)
    opened.office.night(TUESDAY + timedelta(days=7))
    assert len(mails(opened.office)) == 1
