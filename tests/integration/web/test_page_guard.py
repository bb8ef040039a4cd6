"""What holds for every answer: headers, hosts, forms of other sites, how often one may ask, and what is never logged."""

import logging

import pytest
from page_client import BASE, Pages, link_in, mails
from sqlalchemy import select

from flows.web.limits import REQUEST, UPLOAD, WRONG_LINK
from sql import schema


@pytest.fixture
def opened(pages):
    pages.open(link_in(mails(pages.office)[0]))
    return pages


def test_every_answer_has_the_security_headers_errors_included(opened):
    asked = ["/d", link_in(mails(opened.office)[0]), "/r/x", "/nothing", "/static/page.css", "/u/1-x", "/health"]
    for path in asked:
        headers = opened.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-robots-tag"] == "noindex, noarchive"
        assert headers["cache-control"] == ("public, max-age=86400" if "static" in path else "no-store")


def test_the_pages_load_nothing_from_elsewhere_and_have_no_style_or_script_in_them(opened):
    text = opened.get("/d").text
    assert " style=" not in text
    assert "<style" not in text
    assert text.count("<script") == text.count('<script src="/static/page.js"') == 1
    assert "http://" not in text.replace(BASE, "")
    assert "https://" not in text
    assert len(opened.get("/static/page.css").content) <= 10 * 1024
    assert len(opened.get("/static/page.js").content) <= 15 * 1024


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8080", ""])
def test_a_forged_host_is_refused(pages, host):
    assert pages.get("/d", headers={"host": host}).status_code == 421


def test_behind_a_web_server_the_cookie_is_for_tls_only_and_hsts_is_said(sqlite_office, moment):
    from page_client import ask

    ask(sqlite_office)
    sqlite_office.edit("firm.yaml", f"  url: {BASE}", "  url: https://dossier.cabinet.example")
    pages = Pages(sqlite_office, moment, headers={"host": "dossier.cabinet.example"})
    path = link_in(mails(sqlite_office)[0])
    (action, fields), *_ = pages.forms(pages.get(path))
    answer = pages.post(action, fields, headers={"origin": "https://dossier.cabinet.example"})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-relance=")
    assert "Secure" in cookie
    assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"sec-fetch-site": "same-site", "origin": "https://other.example"},
    ],
)
def test_a_form_of_another_site_is_refused(opened, headers):
    action, fields = opened.form("/items/kms")
    assert opened.post(action, fields | {"value": "1"}, headers=headers).status_code == 403
    (button, token), *_ = opened.forms(opened.get(link_in(mails(opened.office)[0])))
    assert opened.post(button, token, headers=headers).status_code == 403
    assert opened.states()["kms"] == "open"


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin", "origin": "null"}, {"origin": BASE}, {}])
def test_a_form_of_the_page_itself_is_taken_also_without_a_referrer(opened, headers):
    action, fields = opened.form("/items/kms")
    assert opened.post(action, fields | {"value": "1"}, headers=headers).status_code == 303


def test_every_form_carries_what_only_its_session_has(opened):
    action, fields = opened.form("/items/kms")
    for token in ("", "x" * 44):
        assert opened.post(action, fields | {"form": token, "value": "1"}).status_code == 403
    assert opened.ask("POST", f"{action}/files", content=b"x", headers={"x-file-name": "a.txt"}).status_code == 403
    for ending in ("/question", "/not-me", "/language", "/end"):
        assert opened.post(opened.form(ending)[0], {}).status_code == 403
    for path in ("/d", action, f"{action}/draft"):
        assert opened.ask("PUT", path).status_code == 405
    assert opened.states()["kms"] == "open"


def test_nobody_reaches_the_link_of_another_session(opened):
    action, fields = opened.form("/items/kms")
    assert opened.post(action.replace("/d/1/", "/d/2/"), fields | {"value": "1"}).status_code == 403
    assert opened.get("/d/2").status_code == 403


def test_who_guesses_links_is_stopped_and_others_go_on(pages):
    path = link_in(mails(pages.office)[0])
    guesser = pages.other(address="198.51.100.1")
    seen = [guesser.get(f"/r/{number:044}").status_code for number in range(WRONG_LINK.amount + 2)]
    assert seen == [404] * WRONG_LINK.amount + [429] * 2
    assert guesser.get(path).headers["retry-after"] == "600"
    assert pages.get(path).status_code == 200


def test_a_session_that_asks_too_often_waits(opened):
    for _ in range(REQUEST.amount):
        opened.web.limits.takes(REQUEST, 1)
    assert opened.get("/d").status_code == 429
    action = "/d/1/items/bank/files"
    other = Pages(opened.office, opened.clock)
    other.cookies = opened.cookies
    token = other.form("/items/bank")[1]["form"]
    for _ in range(UPLOAD.amount):
        other.web.limits.takes(UPLOAD, 1)
    answer = other.ask("POST", action, content=b"x", headers={"x-form": token, "x-file-name": "a.txt"})
    assert answer.status_code == 429


def test_a_fault_is_said_kindly_and_its_data_reach_no_log(opened, monkeypatch, caplog):
    def fail(*_, **__):
        raise ValueError("Jeanne Martin, FR7630006000011234567890189")

    monkeypatch.setattr("flows.web.request_page.save_item", fail)
    with caplog.at_level(logging.DEBUG):
        answer = opened.send("kms", value="1")
    assert answer.status_code == 500
    assert "Un problème de notre côté" in answer.text
    assert "Jeanne" not in answer.text
    assert "ValueError" in caplog.text
    assert "Jeanne" not in caplog.text
    with opened.office.store.begin() as connection:
        assert "item_saved" not in connection.execute(select(schema.request_events.c.kind)).scalars().all()


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"a=1&" * 100, b"x" * 70_000])
def test_a_body_that_is_no_form_is_refused(opened, body):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert opened.ask("POST", "/d/1/items/kms", content=body, headers=headers).status_code in (400, 403)


def test_robots_are_told_nothing_but_to_stay_away(pages):
    assert pages.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
