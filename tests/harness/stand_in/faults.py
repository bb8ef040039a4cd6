"""Misfortunes: what happens to which request in place of, or beside, what SendGrid should do.

A fault befalls the requests of its method and path number `nth` to `nth + times - 1`, counted from when it was set;
with `share` below 1, each of them by a seeded chance. Of several faults for one request the first set wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Literal

HTML = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr>nginx</body></html>\n"
JSON = '{{"errors":[{{"message":"{0}","field":null}}]}}'


@dataclass(frozen=True)
class Fault:
    """One misfortune; the functions below name the usual ones.

    Attributes:
        does: `answer` something else; `reset` the connection; `hang`, never to answer; `hold` the request until
            `StandIn.release()`, and only then carry it out and answer; `delay` it.
        accepted: whether the request is carried out all the same (answer, reset at `end` or `answer`, hang).
        at: of a reset: after the `head`, in mid-`body`, at the `end` of the request, in mid-`answer`.
        status, headers, body: of the answer.
        reset_seconds, reset_header: of a 429.
        delay_ms: to wait before the request is carried out.
        method, path: whom it befalls; a path may hold `*`.
        nth, times, share: which of them; `times=None` is for ever.
    """

    does: Literal["answer", "reset", "hang", "hold", "delay"]
    accepted: bool = False
    at: Literal["head", "body", "end", "answer"] = "end"
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    reset_seconds: int | None = None
    reset_header: str = "X-RateLimit-Reset"
    delay_ms: int = 0
    method: str = "POST"
    path: str = "/v3/mail/send"
    nth: int = 1
    times: int | None = 1
    share: float = 1.0


def error(status: int = 500, *, accepted: bool = False, **where: Any) -> Fault:
    """SendGrid fails with JSON: 500 before or after it took the mails, 401, 403, 413."""
    words = {401: "authorization required", 403: "access forbidden", 413: "content too large"}
    body = JSON.format(words.get(status, "internal server error"))
    return Fault("answer", accepted, status=status, headers={"Content-Type": "application/json"}, body=body, **where)


def gateway(status: int = 502, *, accepted: bool = True, **where: Any) -> Fault:
    """What stands before SendGrid answers with a page: 502, 503 or 504."""
    words = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
    page = HTML.format(f"{status} {words[status]}")
    return Fault("answer", accepted, status=status, headers={"Content-Type": "text/html"}, body=page, **where)


def busy(reset_seconds: int = 1, *, header: str = "X-RateLimit-Reset", **where: Any) -> Fault:
    """429; X-RateLimit-Reset is an instant of the stand-in's clock, Retry-After a number of seconds."""
    body = JSON.format("too many requests")
    return Fault("answer", status=429, body=body, reset_seconds=reset_seconds, reset_header=header, **where)


def odd(status: int = 200, *, accepted: bool = False, **where: Any) -> Fault:
    """A success that is none: 200 with somebody's login page."""
    page = HTML.format("Sign in to the network")
    return Fault("answer", accepted, status=status, headers={"Content-Type": "text/html"}, body=page, **where)


def redirect(*, accepted: bool = False, **where: Any) -> Fault:
    """302 to somewhere that answers 200."""
    headers = {"Location": "/_control/elsewhere", "Content-Type": "text/html"}
    return Fault("answer", accepted, status=302, headers=headers, body=HTML.format("302 Found"), **where)


def reset(at: Literal["head", "body", "end", "answer"] = "end", *, accepted: bool = False, **where: Any) -> Fault:
    """The connection breaks; only at `end` and `answer` can the mails have been taken."""
    return Fault("reset", accepted and at in ("end", "answer"), at, **where)


def hang(*, accepted: bool = False, **where: Any) -> Fault:
    """An answer that never comes."""
    return Fault("hang", accepted, **where)


def hold(**where: Any) -> Fault:
    """A request that is carried out late: at `StandIn.release()`, whether the client still waits or not."""
    return Fault("hold", **where)


def slow(delay_ms: int, **where: Any) -> Fault:
    """A request that is carried out, and answered, after so long."""
    return Fault("delay", delay_ms=delay_ms, **where)


def cancel_refused(status: int = 400, **where: Any) -> Fault:
    """No cancel is taken."""
    return error(status, path="/v3/user/scheduled_sends", **where)


class Schedule:
    """The faults that are set, how many requests each has seen, and how many requests are held just now."""

    def __init__(self) -> None:
        self.held = 0
        self._faults: list[tuple[Fault, Random]] = []
        self._seen: list[int] = []

    def set(self, faults: list[Fault], seed: int) -> None:
        """These as well; each has a chance of its own, from the seed."""
        for fault in faults:
            self._faults.append((fault, Random(f"{seed}/{len(self._faults)}")))
            self._seen.append(0)

    def clear(self) -> None:
        """No fault any more."""
        self._faults.clear()
        self._seen.clear()

    def pick(self, method: str, path: str) -> Fault | None:
        """What befalls this request; every fault that it concerns counts it."""
        struck = [
            fault for i, (fault, chance) in enumerate(self._faults) if self._strikes(i, fault, chance, method, path)
        ]
        return struck[0] if struck else None

    def _strikes(self, i: int, fault: Fault, chance: Random, method: str, path: str) -> bool:
        if fault.method not in (method, "*") or not fnmatchcase(path, fault.path):
            return False
        self._seen[i] += 1
        late = self._seen[i] - fault.nth
        is_its_turn = late >= 0 and (fault.times is None or late < fault.times)
        return is_its_turn and (fault.share >= 1 or chance.random() < fault.share)
