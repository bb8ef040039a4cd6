"""Signing in to the desk: a link that works once, for a person of the firm, and every way in which it does not."""

import re

import pytest
from desk_client import ANNE, BOB, Desk
from page_client import mails
from sqlalchemy import select, text

from sql import schema


def test_a_person_of_the_firm_signs_in_by_a_mailed_link(any_desk):
    desk = any_desk
    assert desk.get("/desk").headers["location"] == "/desk/sign-in"
    before = len(mails(desk.office))
    assert desk.post("/desk/sign-in", {"email": "ANNE@cabinet.example "}).status_code == 200
    assert len(mails(desk.office)) == before + 1
    assert mails(desk.office)[-1]["To"] == "Anne Dupont <anne@cabinet.example>"
    assert desk.press(desk.link()).headers["location"] == "/desk"
    assert "Anne Dupont" in desk.get("/desk").text
    with desk.office.store.begin(only_reads=True) as connection:
        assert connection.execute(select(schema.desk_acts.c.act)).scalars().all() == ["signed_in"]


def test_whoever_asks_learns_nothing_of_who_works_for_the_firm(desk):
    before = len(mails(desk.office))
    known, unknown = (desk.post("/desk/sign-in", {"email": e}).text for e in (ANNE["email"], "x@y.example"))
    assert known == unknown
    assert len(mails(desk.office)) == before + 1


def test_opening_the_link_changes_nothing_and_its_button_works_once(desk):
    desk.post("/desk/sign-in", {"email": ANNE["email"]})
    path = desk.link()
    for _ in range(3):
        assert desk.get(path).status_code == 200
    assert desk.press(path).status_code == 303
    other = Desk(desk.office, desk.clock)
    assert other.get(path).status_code == 404
    assert other.post("/desk/in", {"token": path.rpartition("/")[2]}).status_code == 404
    assert other.get("/desk").status_code == 303


def test_a_link_is_good_for_a_quarter_of_an_hour(desk):
    desk.post("/desk/sign-in", {"email": ANNE["email"]})
    path = desk.link()
    desk.clock.forward(minutes=15)
    assert desk.get(path).status_code == 404
    assert desk.post("/desk/in", {"token": path.rpartition("/")[2]}).status_code == 404


def test_a_second_link_within_a_minute_is_not_sent(desk):
    before = len(mails(desk.office))
    for _ in range(2):
        assert desk.post("/desk/sign-in", {"email": ANNE["email"]}).status_code == 200
    assert len(mails(desk.office)) == before + 1
    desk.clock.forward(minutes=2)
    desk.post("/desk/sign-in", {"email": ANNE["email"]})
    assert len(mails(desk.office)) == before + 2


def test_a_session_ends_after_half_a_day_unused_and_after_a_week_in_any_case(desk):
    desk.sign_in()
    desk.clock.forward(hours=12, minutes=1)
    assert desk.get("/desk").status_code == 303
    desk.sign_in()
    for _ in range(16):
        desk.clock.forward(hours=11)
        desk.fill("/desk", "/desk/language", language="en") if desk.get("/desk").status_code == 200 else None
    assert desk.get("/desk").status_code == 303


def test_signing_out_here_and_everywhere(desk):
    desk.sign_in()
    desk.clock.forward(minutes=2)
    other = Desk(desk.office, desk.clock)
    other.sign_in()
    desk.fill("/desk", "/desk/sign-out")
    assert desk.get("/desk").status_code == 303
    assert other.get("/desk").status_code == 200
    desk.clock.forward(minutes=2)
    desk.sign_in()
    other.fill("/desk", "/desk/sign-out", everywhere="yes")
    assert desk.get("/desk").status_code == other.get("/desk").status_code == 303


def test_who_leaves_the_firm_is_signed_out(desk):
    desk.sign_in(BOB["email"])
    with desk.office.store.begin() as connection:
        connection.execute(schema.users.delete().where(schema.users.c.user_id == "U2"))
    assert desk.get("/desk").status_code == 303


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_each_reads_the_desk_in_his_language(desk, language):
    desk.sign_in()
    desk.fill("/desk", "/desk/language", language=language)
    assert f'<html lang="{language}">' in desk.get("/desk").text


def test_what_was_asked_for_is_shown_after_signing_in_again(desk):
    answer = desk.get("/desk/tasks?mine=yes")
    assert answer.headers["location"] == "/desk/sign-in?next=/desk/tasks%3Fmine%3Dyes"
    desk.get(answer.headers["location"])
    desk.post("/desk/sign-in", {"email": ANNE["email"]})
    assert desk.press(desk.link()).headers["location"] == "/desk/tasks?mine=yes"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/desk/\\evil", "/desk//evil.example/\n"]
)
def test_signing_in_leads_nowhere_but_to_the_desk(desk, elsewhere):
    desk.get("/desk/sign-in", params={"next": elsewhere})
    desk.post("/desk/sign-in", {"email": ANNE["email"]})
    assert desk.press(desk.link()).headers["location"].startswith("/desk")


def test_a_client_is_nobody_at_the_desk_and_a_person_of_the_firm_nobody_on_a_client_page(desk):
    from page_client import Pages, link_in

    client = Pages(desk.office, desk.clock)
    client.open(link_in(mails(desk.office)[0]))
    assert client.get("/desk/tasks").status_code == 303
    desk.sign_in()
    assert desk.get("/d").status_code == 403
    # Not even with the other's cookie under one's own name.
    (secret,) = [cookie.value for cookie in client.cookies.jar if cookie.name == "relance"]
    client.cookies.set("relance-desk", secret, domain="127.0.0.1", path="/desk")
    assert client.get("/desk/tasks").status_code == 303


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}], ids=["origin", "site"]
)
def test_a_form_of_another_site_does_nothing(desk, headers):
    desk.sign_in()
    action, fields = desk.form("/desk/sign-out", desk.get("/desk"))
    assert desk.post(action, fields, headers=headers).status_code == 403
    assert desk.post(action, fields | {"form": "x" * 44}).status_code == 403
    assert desk.post(action, {}).status_code == 403
    assert desk.get("/desk").status_code == 200


def test_the_cookie_is_for_the_desk_alone(desk):
    desk.post("/desk/sign-in", {"email": ANNE["email"]})
    cookie = desk.press(desk.link()).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Path=/desk" in cookie
    assert "SameSite=lax" in cookie


def test_no_row_holds_a_secret(desk):
    desk.post("/desk/sign-in", {"email": ANNE["email"]})
    token = desk.link().rpartition("/")[2]
    secret = re.search(r"relance-desk=([\w-]+)", desk.press(desk.link()).headers["set-cookie"])[1]
    with desk.office.store.begin(only_reads=True) as connection:
        for table in schema.metadata.sorted_tables:
            rows = repr(connection.execute(table.select()).all())
            assert token not in rows, table.name
            assert secret not in rows, table.name


def test_desk_off_in_firm_yaml_takes_the_pages_away(sqlite_office, moment):
    from page_client import ask

    firm = sqlite_office.settings.home / "firm.yaml"
    firm.write_text(firm.read_text(encoding="utf-8") + "\ndesk: off\n", encoding="utf-8")
    ask(sqlite_office)
    desk = Desk(sqlite_office, moment)
    assert desk.get("/desk/sign-in").status_code == 404


def test_the_database_refuses_to_change_what_was_done(any_desk):
    from sqlalchemy.exc import DBAPIError

    any_desk.sign_in()
    for statement in ("UPDATE desk_acts SET user_id = 'X'", "DELETE FROM desk_acts"):
        with pytest.raises(DBAPIError, match="only added to"), any_desk.office.store.begin() as connection:
            connection.execute(text(statement))
