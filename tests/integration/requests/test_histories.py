"""Random histories of requests, side by side in one database, equal to the slow reference (R1-R5, R7, K2, M4, M6, P6).

`RELANCE_HISTORIES=10000 pytest tests/integration/requests/test_histories.py` runs as many as the issue of a release asks.
"""

import os
from collections import defaultdict
from datetime import date, timedelta
from random import Random

from request_history import EVERY_DAYS, ITEMS, MAX, MOST, REASON, REVIEWED, Request, choose_act

from factories import relation
from flows.home.clock import now
from flows.home.outgoing import open_outgoing
from flows.jobs.providers import due_providers
from tasks.domain.dates.workdays import is_day_off
from tasks.mail.compose import compose
from tasks.mail.delivery.deliver import deliver
from tasks.mail.overview import count_deferred
from tasks.requests.answers import Answer, record_answer, record_promise
from tasks.requests.pauses import pause_relation, resume_relation
from tasks.requests.review import accept, return_item

HISTORIES = int(os.environ.get("RELANCE_HISTORIES", "150"))
FIRST_ON = date(2026, 11, 24)
DAYS = 32
SEED = 20261126
ASK = {
    "key": "documents",
    "kind": "request",
    "message": "request_documents",
    "items": [
        {"key": key, "label": key, "type": "text", "required": key != "note"}
        | ({"review": "owner"} if key in REVIEWED else {})
        for key in ITEMS
    ],
    "send": {"from": "creation"},
    "reminders": {"every_days": EVERY_DAYS, "max": MAX},
}
WORK = {"key": "file", "kind": "action", "label": "Déclarer"}


def perform(store, connection, task_id, relation_id, act, day):
    what, key = act
    if what == "pause":
        pause_relation(store, relation_id, day + timedelta(days=4), day)
    elif what == "resume":
        resume_relation(store, relation_id)
    elif what == "answer":
        record_answer(connection, Answer(task_id, "documents", key, day, f"le {day}"))
    elif what == "not_applicable":
        record_answer(connection, Answer(task_id, "documents", key, day, not_applicable="Sans objet"))
    elif what == "promise":
        promised_on = day + timedelta(days=5)
        record_promise(connection, task_id, "documents", key, promised_on=promised_on, as_of=day)
    elif what == "accept":
        accept(connection, task_id, "documents", key, day)
    else:
        return_item(connection, task_id, "documents", key, REASON, day)


def night(office, day, is_killed):
    """Compose and deliver; a run that is killed between the two sends nothing. What was due adds up (M6)."""
    settings, store = office.settings, office.store
    composed = compose(store, settings.renderer, due_providers(settings), as_of=day)
    if is_killed:
        return
    with open_outgoing(settings, store, is_rehearsal=True) as post:
        done = deliver(store, post, settings.templates, as_of=day, clock=now)
    dropped = sum(composed.dropped.values())
    due = done.waiting + dropped
    assert due == done.sent + done.merged + done.held + sum(done.dropped.values()) + dropped + count_deferred(store)


def test_r4_random_histories_of_requests_are_those_of_the_slow_reference(sqlite_office):
    office, chance = sqlite_office, Random(SEED)
    schedule = {"key": "monthly", "anchor": "period", "starts_on": FIRST_ON.isoformat(), "frequency": "yearly"}
    office.define("month", subtasks=[ASK, WORK], schedules=[schedule])
    office.bring(*(relation(f"R{n}", "2036-12-01") for n in range(HISTORIES)))
    office.assign("month/monthly", *(f"R{n}" for n in range(HISTORIES)), since=FIRST_ON)
    office.night(FIRST_ON, delivers=False)
    night(office, FIRST_ON, is_killed=False)
    tasks = {t["relation_id"]: t["task_id"] for t in office.tasks(template="month")}
    requests = {r: Request(FIRST_ON) for r in tasks}
    for day in (FIRST_ON + timedelta(days=n) for n in range(1, DAYS)):
        acts = {r: act for r, request in requests.items() if (act := choose_act(request, day, chance))}
        with office.store.begin() as connection:
            for relation_id, act in acts.items():
                if act[0] not in ("pause", "resume"):
                    perform(office.store, connection, tasks[relation_id], relation_id, act, day)
        for relation_id, act in acts.items():
            if act[0] in ("pause", "resume"):
                perform(office.store, None, tasks[relation_id], relation_id, act, day)
            requests[relation_id].act(*act, day)
        if chance.random() < 0.15:
            continue  # a night that did not come (P6)
        is_killed = chance.random() < 0.15
        night(office, day, is_killed)
        is_quiet = is_killed or is_day_off(office.settings.quiet, day)
        for request in requests.values():
            request.night(day, is_quiet)
    check(office, requests)


def numbered(messages):
    """Cycles numbered as they come: one that was answered before its message left has a number, and no message."""
    cycles = {}
    return [(cycles.setdefault(cycle, len(cycles)), sequence) for cycle, sequence in messages]


def check(office, requests):
    sent = defaultdict(list)
    with office.store.begin() as connection:
        rows = connection.exec_driver_sql(
            "SELECT recipient_id, sent_on, cycle, sequence FROM (SELECT recipient_id, send_on AS sent_on, cycle, sequence, "
            "message_id FROM messages WHERE status = 'sent' AND step = 'documents') ORDER BY message_id"
        )
        for relation_id, _, cycle, sequence in rows:
            sent[relation_id].append((cycle, sequence))
    for relation_id, request in requests.items():
        assert numbered(sent[relation_id]) == numbered((c, s) for _, c, s in request.sent), relation_id
        assert len({day for day, *_ in request.sent}) == len(request.sent), "one message a run"
        assert sum(s > 0 for _, s in sent[relation_id]) <= MOST
        assert all(s <= MAX for _, s in sent[relation_id])
    assert sum(len(r.sent) for r in requests.values()) > 3 * len(requests)
