"""The places in a request at which the page's process kills itself; to be set in that process alone.

arriving    a piece of a file is written        answered    the answer's row is changed
arrived     the whole file is synced            noted       so is the history
examined    it was examined                     followed    all that follows from an answer is written
stored      it is in its place, without a row   statement   after any statement that writes
recorded    its row is written                  committing  before a commit
                                                committed   after it
                                                responding  before the first byte of the response
"""

import mmap
import os
import signal
import struct
from collections.abc import Callable
from typing import Any

UPLOADING = ("arriving", "arrived", "examined", "stored", "recorded")
ANSWERING = ("answered", "noted", "followed")
ALWAYS = ("statement", "committing", "committed", "responding")
WRITES = ("INSERT", "UPDATE", "DELETE")
LAYOUT = struct.Struct("16sI")


class Trigger:
    """Memory that a process shares with whoever kills it: the place where it dies, and how many passages are left."""

    def __init__(self) -> None:
        """Share memory with every process that is forked later."""
        self._memory = mmap.mmap(-1, LAYOUT.size)

    def arm(self, place: str, nth: int = 1) -> None:
        """Kill at the n-th passage of a place; of none where it is empty."""
        LAYOUT.pack_into(self._memory, 0, place.encode(), nth)

    def passed(self, place: str) -> None:
        """One more passage."""
        wanted, left = LAYOUT.unpack_from(self._memory, 0)
        if wanted.rstrip(b"\0").decode() != place:
            return
        if left == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        self.arm(place, left - 1)


def watch(trigger: Trigger) -> None:
    """Set the places in this process's copy of the product."""
    from flows.web import forms
    from flows.web import server as web_server
    from tasks.requests.page import save, taking_back, uploads

    for holder, name, place in (
        (forms._Writing, "write", "arriving"),
        (forms._Writing, "finish", "arrived"),
        (uploads, "inspect_file", "examined"),
        (uploads, "store_file", "stored"),
        (uploads, "record_document", "recorded"),
        (uploads, "note", "noted"),
        (taking_back, "note", "noted"),
        (save, "record_answer", "answered"),
        (save, "note", "noted"),
        (save, "after_answer", "followed"),
    ):
        setattr(holder, name, _then(getattr(holder, name), trigger, place))
    make_app = web_server.make_app
    web_server.make_app = lambda *given: _Responses(make_app(*given), trigger)  # type: ignore[assignment]
    _watch_database(trigger)


def _then(whole: Callable[..., Any], trigger: Trigger, place: str) -> Callable[..., Any]:
    def done(*args: Any, **kwargs: Any) -> Any:
        found = whole(*args, **kwargs)
        trigger.passed(place)
        return found

    return done


class _Responses:
    """The application, which dies as it begins to answer."""

    def __init__(self, app: Any, trigger: Trigger) -> None:
        self._app, self._trigger = app, trigger

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                self._trigger.passed("responding")
            await send(message)

        await self._app(scope, receive, answer)


def _watch_database(trigger: Trigger) -> None:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.engine.default import DefaultDialect

    @event.listens_for(Engine, "after_cursor_execute")
    def executed(_connection: Any, _cursor: Any, statement: str, *_words: Any) -> None:
        if statement.startswith(WRITES):
            trigger.passed("statement")

    commit = DefaultDialect.do_commit

    def observed(self: DefaultDialect, connection: Any) -> None:
        trigger.passed("committing")
        commit(self, connection)
        trigger.passed("committed")

    DefaultDialect.do_commit = observed  # type: ignore[method-assign]
