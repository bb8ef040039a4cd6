"""The tests' side of the stand-in, under /_control: the clock, settings, faults, lists, events."""

import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any

from . import events
from .faults import Fault, Schedule
from .routes import Answer, Request, reply
from .service import Refused, Service


def control(service: Service, schedule: Schedule, request: Request) -> Answer:
    """Carry out a test's wish; 400 with a sentence where it cannot be."""
    do = WISHES.get(request.path.removeprefix("/_control/"))
    if do is None:
        return reply(404, {"problem": f"{request.path} is nothing that a test can ask for"})
    try:
        asked = request.json() if request.body else {}
        return reply(200, do(service, schedule, asked | dict(request.query)))
    except (Refused, ValueError, TypeError, KeyError) as error:
        return reply(400, {"problem": f"{type(error).__name__}: {error}"})


def _state(service: Service, schedule: Schedule, asked: dict[str, Any]) -> dict[str, Any]:
    statuses = Counter(mail.status for mail in service.mails.values())
    counts = {"batches": len(service.batches), "stops": len(service.stops), "held": schedule.held}
    return {"now": service.now, "mails": statuses} | counts


def _advance(service: Service, schedule: Schedule, asked: dict[str, Any]) -> dict[str, Any]:
    service.advance(int(asked["to"]))
    return _state(service, schedule, asked)


def _settings(service: Service, schedule: Schedule, asked: dict[str, Any]) -> dict[str, Any]:
    service.settings = dataclasses.replace(service.settings, **asked)
    return dataclasses.asdict(service.settings)


def _faults(service: Service, schedule: Schedule, asked: dict[str, Any]) -> dict[str, Any]:
    schedule.set([Fault(**fault) for fault in asked["faults"]], asked.get("seed", 0))
    return {}


def _clear(service: Service, schedule: Schedule, asked: dict[str, Any]) -> dict[str, Any]:
    schedule.clear()
    return {}


def _suppress(service: Service, schedule: Schedule, asked: dict[str, Any]) -> dict[str, Any]:
    service.suppress(asked.pop("list"), asked.pop("email"), **asked)
    return {}


def _events(service: Service, schedule: Schedule, asked: dict[str, Any]) -> dict[str, Any]:
    return {"posts": events.posts(service, asked["event"], asked)}


def _key(service: Service, schedule: Schedule, asked: dict[str, Any]) -> dict[str, Any]:
    return {"public_key": events.public_key()}


def _nothing(service: Service, schedule: Schedule, asked: dict[str, Any]) -> dict[str, Any]:
    return {}


WISHES: dict[str, Callable[[Service, Schedule, dict[str, Any]], dict[str, Any]]] = {
    "state": _state,
    "advance": _advance,
    "settings": _settings,
    "faults": _faults,
    "clear": _clear,
    "suppressions": _suppress,
    "events": _events,
    "public_key": _key,
    "release": _nothing,  # the connections themselves see to it
    "elsewhere": _nothing,  # where a redirect leads to
}
