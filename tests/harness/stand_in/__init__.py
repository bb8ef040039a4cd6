"""A stand-in for SendGrid's v3 API: a real server on loopback that refuses, loses and delays what SendGrid may.

    with StandIn(tmp_path / "journal", now=EVENING) as sendgrid:
        sendgrid.faults(gateway(502, accepted=True, nth=3))
        …                                     # the project sends to sendgrid.url with the key KEY
        sendgrid.advance(NINE)
        assert sendgrid.deliveries() == Counter(message_ids)

What happened stands in its journal and nowhere else. It sends nothing to anybody.
Tests: tests/integration/mail/stand_in/.
"""

from .faults import Fault, busy, cancel_refused, error, gateway, hang, hold, odd, redirect, reset, slow
from .journal import accepted, calls, deliveries, requests
from .process import KEY, SignedPost, StandIn

__all__ = [
    "KEY",
    "Fault",
    "SignedPost",
    "StandIn",
    "accepted",
    "busy",
    "calls",
    "cancel_refused",
    "deliveries",
    "error",
    "gateway",
    "hang",
    "hold",
    "odd",
    "redirect",
    "requests",
    "reset",
    "slow",
]
