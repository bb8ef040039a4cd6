"""One-click unsubscribe (RFC 8058): a post stops the address, a look changes nothing, and no link is anothers."""

import re

from page_client import BASE, mails
from sqlalchemy import select, update

from sql import schema


def link(mail):
    return re.search(rf"<{re.escape(BASE)}(/u/\S+)>", mail["List-Unsubscribe"])[1]


def stopped(office):
    with office.store.begin() as connection:
        return list(connection.execute(select(schema.suppressions.c.address)).scalars())


def test_the_header_offers_one_click_and_an_address(pages):
    (mail,) = mails(pages.office)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "mailto:" in mail["List-Unsubscribe"]


def test_a_mail_programs_post_stops_the_address_and_a_look_does_not(any_pages):
    path = link(mails(any_pages.office)[0])
    shown = any_pages.get(path)
    assert (shown.status_code, stopped(any_pages.office)) == (200, [])
    headers = {"origin": "https://webmail.example", "sec-fetch-site": "cross-site"}
    answers = [any_pages.post(path, {"List-Unsubscribe": "One-Click"}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert stopped(any_pages.office) == ["jeanne@martin.example"]
    assert {task["template"] for task in any_pages.office.tasks()} == {"mail-address", "month"}


def test_a_wrong_link_gets_the_same_answer_and_stops_nobody(pages):
    path = link(mails(pages.office)[0])
    right = pages.post(path)
    wrong = [path[:-1] + ("1" if path[-1] != "1" else "2"), "/u/2" + path[4:], "/u/x", "/u/99999999999999999999-a"]
    with pages.office.store.begin() as connection:
        connection.execute(schema.suppressions.delete())
    assert [pages.post(one).text == right.text for one in wrong] == [True] * 4
    with pages.office.store.begin() as connection:
        connection.execute(update(schema.messages).values(email="another@martin.example"))
    pages.post(path)
    assert stopped(pages.office) == []
