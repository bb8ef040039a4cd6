"""Devices: the first is free, a further one shows a mailed code, and a visit ends when its person says so (D3)."""

import re
from datetime import timedelta

import pytest
from page_client import Pages, ask, link_in, mails, text_of
from sqlalchemy import select

from sql import schema

CODE = re.compile(r"\b\d{6}\b")


@pytest.fixture
def second(any_pages):
    """A second device that has pressed the button of a link that was opened before."""
    path = link_in(mails(any_pages.office)[0])
    any_pages.open(path)
    other = any_pages.other()
    other.shown = other.open(path)
    return other


def get_code(device):
    answer = device.post(*device.form("/code/send"))
    return answer, CODE.search(text_of(mails(device.office)[-1])).group() if answer.status_code == 200 else None


def enter(device, code):
    action, fields = device.form("/code")
    return device.post(action, fields | {"code": code})


def kinds(office):
    with office.store.begin() as connection:
        return list(connection.execute(select(schema.request_events.c.kind)).scalars())


def test_d3_a_further_device_sees_nothing_before_it_shows_the_mailed_code(second):
    assert "item-" not in second.shown.text
    answer, code = get_code(second)
    assert "Le code est parti" in answer.text
    assert mails(second.office)[-1]["To"].addresses[0].addr_spec == "jeanne@martin.example"
    assert code not in mails(second.office)[-1]["Subject"]
    assert enter(second, f"{code[:3]} {code[3:]}").status_code == 303
    assert "item-kms" in second.get("/d").text
    assert kinds(second.office)[-2:] == ["code_sent", "code_accepted"]


def test_the_code_is_in_no_row_and_no_file_but_the_mail(second):
    _, code = get_code(second)
    with second.office.store.begin() as connection:
        for table in schema.metadata.sorted_tables:
            assert code not in str(connection.execute(select(table)).all()), table.name


def test_a_wrong_code_may_be_tried_five_times_and_then_the_right_one_is_of_no_use(second):
    _, code = get_code(second)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    action, fields = second.form("/code")
    answers = [second.post(action, fields | {"code": wrong}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 5
    assert "Demandez-en un nouveau" in second.post(action, fields | {"code": code}).text
    assert "item-kms" not in second.get("/d").text


def test_a_code_works_once_for_ten_minutes_and_for_its_own_device(second, moment):
    _, code = get_code(second)
    third = second.other()
    third.open(link_in(mails(second.office)[0]))
    third.post(*third.form("/code/send"))  # too soon: none is sent
    assert len(mails(second.office)) == 2
    action, fields = third.form("/code/send")
    assert third.post(action.removesuffix("/send"), fields | {"code": code}).status_code == 422
    moment.forward(minutes=10)
    action, fields = second.form("/code/send")
    assert second.post(action.removesuffix("/send"), fields | {"code": code}).status_code == 422
    assert "item-kms" not in second.get("/d").text


def test_a_link_gets_one_code_a_minute_and_five_a_day(second, moment):
    sent = []
    for _ in range(7):
        sent.append(second.post(*second.form("/code/send")).status_code)
        moment.forward(minutes=2)
    assert sent == [200] * 5 + [422] * 2
    assert len(mails(second.office)) == 6
    moment.forward(days=1)
    second.open(link_in(mails(second.office)[0]))
    assert second.post(*second.form("/code/send")).status_code == 200


def test_a_code_that_was_not_sent_in_time_is_not_sent(second, moment):
    action, fields = second.form("/code/send")
    object.__setattr__(second.web, "send_now", lambda: None)
    second.post(action, fields)
    moment.forward(minutes=11)
    second._send()
    (message,) = [m for m in second.office.messages() if m["subtask"] == "documents" and m["task_id"] is None]
    assert (message["status"], message["reason"]) == ("cancelled", "too_late")


@pytest.mark.parametrize(("check", "first", "further"), [("link", True, True), ("code", False, False)])
def test_d3_the_firm_chooses_what_a_device_must_show(sqlite_office, moment, check, first, further):
    ask(sqlite_office, web=f"  check: {check}\n")
    path = link_in(mails(sqlite_office)[0])
    pages = Pages(sqlite_office, moment)
    assert ("item-kms" in pages.open(path).text, "item-kms" in pages.other().open(path).text) == (first, further)


def test_the_same_device_comes_back_by_the_link_and_needs_no_code(pages, moment):
    path = link_in(mails(pages.office)[0])
    pages.open(path)
    moment.forward(days=29)
    assert "item-kms" in pages.open(path).text
    with pages.office.store.begin() as connection:
        assert len(connection.execute(select(schema.page_sessions)).all()) == 1


def test_a_visit_ends_when_its_person_says_so_or_after_thirty_days(pages, moment):
    path = link_in(mails(pages.office)[0])
    pages.open(path)
    ended = pages.post(*pages.form("/end"))
    assert ended.headers["clear-site-data"] == '"cache", "storage"'
    assert "max-age=0" in ended.headers["set-cookie"].lower()
    assert pages.get("/d").status_code == 403
    assert "item-kms" not in pages.open(path).text  # somebody else may sit there now: a code is asked
    moment.forward(hours=12, minutes=1)
    assert pages.get("/d").status_code == 403


def test_a_session_is_over_after_thirty_days_without_a_visit(pages, moment):
    pages.open(link_in(mails(pages.office)[0]))
    moment.instant += timedelta(days=30, seconds=1)
    assert pages.get("/d").status_code == 403


def test_a_session_ends_with_its_link(pages):
    from flows.jobs.links import revoke_links

    pages.open(link_in(mails(pages.office)[0]))
    form = pages.form("/items/kms")
    revoke_links(pages.office.store, 1)
    assert pages.get("/d").status_code == 403
    assert pages.post(form[0], form[1] | {"value": "1"}).status_code == 403
