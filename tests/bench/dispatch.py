"""Dispatch alone, and composing with it: a night's mails to a stand-in for SendGrid that answers after 50 ms.

One request in ten is answered 502 after it was taken. The clock is turned on, and a second dispatch cancels those,
has the cancels confirmed, and sends their mails again; both dispatches are measured as one. At the end every mail
has arrived once, or the measurement breaks. Beside it: the vendor's own client, and the bare requests.
"""

import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import sendgrid
from pydantic import SecretStr
from sendgrid.helpers.mail import CustomArg, Mail

from flows.home import outgoing
from flows.home.settings import SendGridAccess, Settings
from flows.jobs.providers import due_providers
from sql.store import Store
from tasks.mail.compose import compose
from tasks.mail.delivery.deliver import deliver
from tasks.mail.delivery.outgoing import Outgoing
from tasks.mail.render import Renderer
from tasks.mail.transport.base import Attempts, Mailbox, Outcome, OutgoingMessage, TransportError
from tasks.mail.transport.sendgrid import Answer, SendGridClient, SendGridTransport
from tests.bench.firm import NIGHT, open_home
from tests.bench.measure import peak_mb
from tests.harness.stand_in import KEY, StandIn, gateway

LATENCY_MS = 50
MOST_MAILS = 50_000
ONE_LOST_IN = 10
REQUESTS_A_THOUSAND_MAILS = 4  # at most: a claim of a thousand has three languages
STOCK_MAILS = 200
START = datetime.combine(NIGHT, datetime.min.time(), UTC) + timedelta(hours=1)
LATER, AFTER_ALL_LEFT = START + timedelta(minutes=5), START + timedelta(hours=12)


class Clock:
    """The instant that the product goes by."""

    def __init__(self) -> None:
        self.instant = START

    def __call__(self) -> datetime:
        return self.instant


class Stopwatch:
    """Seconds by what they went into."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()

    def on(self, holder: type, method: str, name: str) -> None:
        """Time a method of every instance."""
        whole = getattr(holder, method)

        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return whole(*args, **kwargs)
            finally:
                self.spent[name] += time.perf_counter() - started

        setattr(holder, method, timed)


def delivered(home: Path, copy: Path) -> dict[str, float]:
    """The dispatch of mails that wait in the outbox, and of those that were lost on the way."""
    return _dispatched(_outgoing(home, copy), composes=False)


def composed(home: Path, copy: Path) -> dict[str, float]:
    """The same mails rendered into the outbox first."""
    _outgoing(home, copy)
    with closing(sqlite3.connect(copy / "relance.db")) as database, database:
        database.execute("DELETE FROM messages")
    return _dispatched(copy, composes=True)


def stock(home: Path) -> dict[str, float]:
    """One request per mail by the vendor's package as it comes: its helpers, its client."""
    letters = _letters(home, STOCK_MAILS)
    settings, _ = open_home(home)
    sender = settings.firm.sender
    with tempfile.TemporaryDirectory() as folder, _stand_in(Path(folder)) as service:
        client = sendgrid.SendGridAPIClient(KEY, host=service.url)
        service.set(latency_ms=LATENCY_MS)
        started = time.perf_counter()
        for letter in letters:
            to = (letter.to_email, letter.to_name)
            mail = Mail((sender.email, sender.name), to, letter.subject, letter.text, letter.html)
            mail.add_custom_arg(CustomArg("message_id", str(letter.message_id)))
            assert client.send(mail).status_code == httpx.codes.ACCEPTED
        return {"seconds": time.perf_counter() - started, "mails": len(letters)}


def bare(home: Path, copy: Path) -> dict[str, float]:
    """The bodies of the dispatch, ready, posted on one connection, each after the batch id that it needs."""
    _outgoing(home, copy)
    with _stand_in(copy) as service, _opened(copy, service) as (settings, store, post):
        sender = settings.firm.sender
        client = _Keeping(service.url, KEY, Clock())
        transport = SendGridTransport(client, Mailbox(sender.name, sender.email), Clock())
        deliver(store, replace(post, transport=transport), settings.templates, as_of=NIGHT, clock=Clock())
        service.set(latency_ms=LATENCY_MS)
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        with httpx.Client(base_url=service.url, headers=headers, trust_env=False) as http:
            started = time.perf_counter()
            for body in client.bodies:
                http.post("/v3/mail/batch").raise_for_status()
                http.post("/v3/mail/send", content=body).raise_for_status()
            seconds = time.perf_counter() - started
    return {"seconds": seconds, "requests": len(client.bodies), "megabytes": sum(map(len, client.bodies)) / 2**20}


class _Keeping(SendGridClient):
    """Keeps bodies in place of sending them."""

    def __init__(self, host: str, api_key: str, clock: Callable[[], datetime]) -> None:
        super().__init__(host, api_key, clock)
        self.bodies: list[bytes] = []

    def send(self, body: bytes, is_sandbox: bool = False) -> Answer:  # noqa: ARG002 - as its parent
        """Say that it was taken."""
        self.bodies.append(body)
        return Answer("accepted", httpx.codes.ACCEPTED)


class _Catching:
    """A transport that keeps messages and then fails, so that they stay in the outbox."""

    may_repeat = True

    def __init__(self) -> None:
        self.messages: list[OutgoingMessage] = []

    def send(self, messages: Sequence[OutgoingMessage], attempts: Attempts) -> Iterator[Outcome]:  # noqa: ARG002
        """No receipt for any."""
        self.messages += messages
        raise TransportError("They are kept.")
        yield


def _dispatched(home: Path, composes: bool) -> dict[str, float]:
    before_mb, watch, clock = peak_mb(), Stopwatch(), Clock()
    watch.on(httpx.Client, "send", "waiting")
    watch.on(Renderer, "render", "rendering")
    watch.on(Renderer, "layout", "rendering")
    with _stand_in(home) as service, _opened(home, service, clock) as (settings, store, post):
        service.set(latency_ms=LATENCY_MS)
        watch.spent.clear()
        started = time.perf_counter()
        if composes:
            _compose(settings, store)
        composing, composed_mb = time.perf_counter() - started, peak_mb()
        mails, lost, delivering = _deliver_twice(settings, store, post, clock, service)
        found = watch.spent | {"seconds": composing + delivering, "composing": composing, "peak_mb": peak_mb()}
        service.advance(AFTER_ALL_LEFT)
        assert len(service.deliveries()) == mails == service.deliveries().total()
    return found | {"mails": mails, "lost": lost, "before_mb": before_mb, "composed_mb": composed_mb}


def _compose(settings: Settings, store: Store) -> None:
    compose(store, settings.renderer, due_providers(settings), as_of=NIGHT)


def _deliver_twice(
    settings: Settings, store: Store, post: Outgoing, clock: Clock, service: StandIn
) -> tuple[int, int, float]:
    """How many mails were there, how many of them lost on the way, and the seconds of both dispatches."""
    pending = _count(store, "pending")
    requests = max(pending * REQUESTS_A_THOUSAND_MAILS // 1000, 2)
    service.faults(*(gateway(502, nth=n) for n in range(2, requests + 1, ONE_LOST_IN)))
    first = _timed(lambda: deliver(store, post, settings.templates, as_of=NIGHT, clock=clock))
    lost = _count(store, "unknown")
    assert lost
    service.clear_faults()
    clock.instant = LATER
    service.advance(LATER)
    second = _timed(lambda: deliver(store, post, settings.templates, as_of=NIGHT, clock=clock))
    assert _count(store, "sent") == pending
    return pending, lost, first + second


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _count(store: Store, status: str) -> int:
    with store.begin(only_reads=True) as connection:
        sql = "SELECT COUNT(*) FROM messages WHERE status = ?"
        return int(connection.exec_driver_sql(sql, (status,)).scalar_one())


def _letters(home: Path, many: int) -> list[OutgoingMessage]:
    catching = _Catching()
    settings, store = open_home(home)
    with outgoing.open_outgoing(settings, store) as post:
        deliver(store, replace(post, transport=catching), settings.templates, as_of=NIGHT, clock=Clock())
    return list(islice(catching.messages, many))


def _outgoing(home: Path, copy: Path) -> Path:
    """A copy of a home, with no more open tasks than are measured here."""
    shutil.copytree(home, copy)
    with closing(sqlite3.connect(copy / "relance.db")) as database, database:
        ids = f"(SELECT message_id FROM messages WHERE status = 'pending' ORDER BY message_id LIMIT {MOST_MAILS})"
        tasks = f"(SELECT task_id FROM messages WHERE message_id IN {ids})"
        database.execute(f"UPDATE follow_up_tasks SET status = 'cancelled' WHERE task_id NOT IN {tasks}")
        database.execute(f"DELETE FROM messages WHERE message_id NOT IN {ids}")
    return copy


@contextmanager
def _stand_in(folder: Path) -> Iterator[StandIn]:
    with StandIn(folder / "journal", now=START, fsync=False) as service:
        yield service


@contextmanager
def _opened(home: Path, service: StandIn, clock: Clock | None = None) -> Iterator[tuple[Settings, Store, Outgoing]]:
    """A home that sends to the stand-in."""
    outgoing.now = clock or Clock()
    settings, store = open_home(home)
    settings = replace(settings, sendgrid=SendGridAccess(service.url, SecretStr(KEY)))
    with closing(store), outgoing.open_outgoing(settings, store) as post:
        yield settings, store, post
