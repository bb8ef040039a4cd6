"""Q5: fifty planted secrets of the client's page turn up where they belong, and nowhere else.

They go through the page's own process and through a night, and are looked for in everything that either says, in every
URL, in what a run reports to Prefect, on the pages of other clients, and in every table.
"""

import json
import logging
import re
import time
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from page_client import BASE, Pages, ask, link_in, mails, text_of
from page_server import PageServer
from sqlalchemy import select

from factories import relation
from flows.jobs.requests import return_answer
from served import end_group
from sql import schema

NAMES = [f"Zéphyrin Canari{n:02d}" for n in range(3)]
ADDRESSES = [f"canari.{n:02d}@cage.example" for n in range(3)]
VALUES = {"other": "valeur canari-41", "regime": "régime-canari-42", "kms": "90210473", "draft": "brouillon canari-43"}
REASONS = ["raison canari-51", "retour canari-52"]
QUESTIONS = ["question canari-61", "question canari-62"]
FILE_NAMES = [f"nom-canari-{n}.txt" for n in range(71, 80)]
CONTENTS = [f"contenu canari-{n}" for n in range(801, 812)]
REFUSED_NAMES = [f"refus-canari-{n}.exe" for n in (91, 92)]
# What no browser should send, and a stranger does.
STRANGE = {"user-agent": "agent-canari-93", "referer": "https://canari-94.example/", "x-other": "entete-canari-95"}
WRONG = ["jeton-canari-96", "jeton-canari-97", "forme-canari-98", "cle-canari-99"]
NOWHERE: tuple[str, ...] = ()
SECONDS_FOR_A_CODE = 40


@dataclass
class Cage:
    """The planted secrets, each with the tables in which it may stand; and everything that was said and asked."""

    planted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    urls: list[str] = field(default_factory=list)

    def plant(self, *secrets: str, tables: tuple[str, ...] = NOWHERE) -> None:
        self.planted |= dict.fromkeys(secrets, tables)

    def found_in(self, text: str) -> list[str]:
        return [secret for secret in self.planted if secret in text or secret.replace(" ", "%20") in text]


@dataclass
class Browser(Pages):
    """A browser that asks the process that serves the page."""

    cage: Cage = None
    served: str = ""

    def ask(self, method, path, **words):
        headers = STRANGE | words.pop("headers", {})
        with httpx.Client(base_url=self.served, cookies=self.cookies, trust_env=False, timeout=30) as web:
            answer = web.request(method, path, headers=headers, **words)
            self.cookies = web.cookies
        self.cage.urls += [path, answer.headers.get("location", "")] if not path.startswith("/r/") else []
        self.cage.urls += re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)
        self.cage.plant(
            *(cookie.value for cookie in web.cookies.jar), *re.findall(r'"form" value="(\w+)"', answer.text)
        )
        return answer


@pytest.fixture
def caged(sqlite_office, caplog):
    caplog.set_level(logging.DEBUG)
    for own in ("httpx", "httpcore"):  # the browser's
        caplog.set_level(logging.WARNING, logger=own)
    rows = [relation(f"C{n}", "2027-03-01", name=NAMES[n], email=ADDRESSES[n], owner_id="U1") for n in range(3)]
    ask(sqlite_office, *rows)
    cage, server = Cage(), PageServer(sqlite_office)
    cage.plant(*NAMES, tables=("relations", "messages", "task_comments", "follow_up_tasks", "follow_up_subtasks"))
    cage.plant(*ADDRESSES, tables=("relations", "messages", "attempt_recipients"))
    try:
        yield cage, server, [Browser(sqlite_office, None, cage=cage, served=server.address) for _ in range(4)]
    finally:
        end_group(server.process)


def links(office, cage):
    """The clients' links; a token stands in no table."""
    found = {mail["To"]: link_in(mail) for mail in mails(office)}
    cage.plant(*(path.removeprefix("/r/") for path in found.values()))
    return [next(path for to, path in found.items() if address in to) for address in ADDRESSES]


def code_of(office, cage):
    """The code that a mail brings, which leaves by a process of its own."""
    last = time.monotonic() + SECONDS_FOR_A_CODE
    while time.monotonic() < last:
        for mail in mails(office):
            if found := re.search(r"\b\d{6}\b", text_of(mail) if BASE not in text_of(mail) else ""):
                cage.plant(found[0])
                return found[0]
        time.sleep(0.2)
    raise AssertionError("no code came")


def answer_everything(cage, browser):
    """The first client's visit."""
    cage.plant(*VALUES.values(), tables=("request_items", "relation_fields"))
    cage.plant(VALUES["draft"], tables=("drafts",))
    cage.plant(VALUES["regime"])
    for key in ("other", "kms"):
        assert browser.send(key, value=VALUES[key]).status_code == 303
    assert browser.send("regime", value=VALUES["regime"]).status_code == 422
    action, fields = browser.form("/items/other")
    assert browser.post(f"{action}/draft", fields | {"value": VALUES["draft"]}).status_code == 200
    cage.plant(*REASONS, tables=("request_items", "request_events", "messages"))
    assert browser.send("vat", not_applicable=REASONS[0]).status_code == 303
    cage.plant(*FILE_NAMES, *REFUSED_NAMES, tables=("documents", "request_events"))
    cage.plant(*CONTENTS)
    for name, content in zip(FILE_NAMES[:3], CONTENTS, strict=False):
        assert browser.upload("bank", name, content.encode()).status_code == 200
    files = [("file", (n, c.encode(), "text/plain")) for n, c in zip(FILE_NAMES[3:], CONTENTS[3:9], strict=True)]
    assert browser.send("bank", files=files).status_code == 303
    for name, content in zip(REFUSED_NAMES, CONTENTS[9:], strict=True):
        assert browser.upload("bank", name, b"MZ" + content.encode()).status_code == 422
    cage.plant(*QUESTIONS, tables=("task_comments", "messages"))
    for question in QUESTIONS:
        action, fields = browser.form("/question")
        assert browser.post(action, fields | {"question": question}).status_code == 200
    assert browser.post(*browser.form("/not-me")).status_code == 200


def go_wrong(cage, browser):
    """What a stranger tries."""
    cage.plant(*WRONG, *STRANGE.values())
    for token in WRONG[:2]:
        assert browser.get(f"/r/{token}").status_code == 404
    action, fields = browser.form("/question")
    assert browser.post(action, fields | {"form": WRONG[2]}).status_code == 403
    assert browser.send("kms", **{WRONG[3]: WRONG[3], "value": "x"}).status_code == 422


def tables_with(office, cage):
    """In which tables each secret stands."""
    found = {secret: set() for secret in cage.planted}
    with office.store.begin(only_reads=True) as connection:
        for table in schema.metadata.sorted_tables:
            text = "\n".join(str(tuple(row)) for row in connection.execute(select(table)))
            for secret in cage.found_in(text):
                found[secret].add(table.name)
    return found


@pytest.mark.slow
def test_q5_no_secret_of_the_page_leaves_its_place(caged, caplog):
    cage, server, (first, further, second, third) = caged
    office = server.office
    one, two, three = links(office, cage)
    assert first.open(one).status_code == 200
    answer_everything(cage, first)
    go_wrong(cage, first)
    further.open(one)
    action, fields = further.form("/code/send")
    further.post(action, fields)
    code = code_of(office, cage)
    action, fields = further.form("/code")
    assert further.post(action, fields | {"code": code}).status_code == 303
    today = office.settings.today()
    return_answer(office.settings, office.store, 1, step="documents", item="vat", reason=REASONS[1], as_of=today)
    result = office.night(today + timedelta(days=1), reports=True)
    second.open(two)
    third.open(three)
    first.post(*first.form("/end"))

    assert len(cage.planted) >= 50
    for n, other in ((1, second), (2, third)):
        theirs = {NAMES[n], ADDRESSES[n]} | {cookie.value for cookie in other.cookies.jar}
        page = re.sub(r'name="form" value="\w+"', "", other.get("/d").text)
        assert set(cage.found_in(page)) <= theirs
    said = "\n".join([*server.said, caplog.text, json.dumps(result.to_json())])
    assert cage.found_in(said) == []
    assert cage.found_in("\n".join(cage.urls)) == []
    found = tables_with(office, cage)
    assert [found[secret] for secret in (VALUES["other"], VALUES["draft"], FILE_NAMES[0], QUESTIONS[0])] == [
        {"request_items"},
        {"drafts"},
        {"documents", "request_events"},
        {"task_comments", "messages"},
    ], "the secrets were planted"
    strays = {secret: tables - set(cage.planted[secret]) for secret, tables in found.items()}
    assert {secret: tables for secret, tables in strays.items() if tables} == {}
