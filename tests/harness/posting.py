"""Words of tests that send through the stand-in: the hours of a night, the clock, what the database and SendGrid say."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from factories import Office
from stand_in import StandIn

TWO_AT_NIGHT = datetime(2026, 11, 24, 1, tzinfo=UTC)
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
MIDDAY = datetime(2026, 11, 24, 11, tzinfo=UTC)


class Clock:
    """The instant that the product and the stand-in go by."""

    def __init__(self, instant: datetime, service: StandIn) -> None:
        self.instant, self._service = instant, service

    def __call__(self) -> datetime:
        return self.instant

    def turn(self, instant: datetime) -> None:
        """Move both forward."""
        self.instant = instant
        self._service.advance(instant)


def statuses(firm: Office) -> Counter[str]:
    """How many mails the outbox has of each status."""
    return Counter(message["status"] for message in firm.messages())


def once(firm: Office) -> Counter[str]:
    """Every mail of the outbox, once."""
    return Counter(str(message["message_id"]) for message in firm.messages())


def delivered(service: StandIn) -> Counter[str]:
    """How often each mail reached an inbox."""
    return Counter({str(one): n for one, n in service.deliveries().items()})


def events(service: StandIn, kind: str, *numbers: int, **asked: Any) -> list[Any]:
    """Events of mails as decoded JSON, as the webhook would tell them."""
    import json

    posts = service.events(kind, numbers or None, **asked)
    return [event for post in posts for event in json.loads(post.body)]
