"""The reason codes: why a relation got no task, a task no message, or a row was not imported.

May touch: nothing. Tests: tests/unit/planning/test_field_dates.py, tests/unit/mail/test_decide.py.
"""

from enum import StrEnum


class Reason(StrEnum):
    """A code shared by figures, tables and reports (deployments/README.md, "Reasons")."""

    MISSING_FIELD = "missing_field"
    IMPORTED = "imported"
    INVALID_FIELD = "invalid_field"
    WRONG_TYPE = "wrong_type"
    WRONG_STATUS = "wrong_status"
    NOT_SIGNED = "not_signed"
    NOT_ASSIGNED = "not_assigned"
    BEFORE_START = "before_start"
    AFTER_END = "after_end"
    TOO_OLD = "too_old"
    NOT_YET = "not_yet"
    ALREADY_CREATED = "already_created"
    ALREADY_DONE = "already_done"
    ALREADY_FRESH = "already_fresh"
    REDATED = "redated"
    ANSWERED = "answered"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    NO_EMAIL = "no_email"
    CAPPED = "capped"
    SUPERSEDED = "superseded"
    TOO_LATE = "too_late"
    QUARANTINED = "quarantined"
    UNCONFIRMED = "unconfirmed"
    NO_RECIPIENT = "no_recipient"
    PAUSED = "paused"
    NOT_SIGNIFICANT = "not_significant"


CREATED = frozenset({Reason.ALREADY_CREATED, Reason.ALREADY_DONE, Reason.REDATED})
WAITING = frozenset({Reason.NOT_YET, Reason.BEFORE_START})
# Reasons that put a message off; it is sent when they end (K2).
DEFERRING = frozenset({Reason.PAUSED, Reason.CAPPED})
BLOCKING = frozenset({Reason.MISSING_FIELD, Reason.INVALID_FIELD})

# Messages stopped for one of these are reconsidered each night: once the cause is corrected, they are sent.
# Every other reason is final.
RETRIED = frozenset(
    {
        Reason.NO_EMAIL,
        Reason.MISSING_FIELD,
        Reason.INVALID_FIELD,
        Reason.WRONG_TYPE,
        Reason.WRONG_STATUS,
        Reason.QUARANTINED,
        Reason.OPTED_OUT,
        Reason.BOUNCED,
        Reason.NO_RECIPIENT,
        *DEFERRING,
    }
)


def outcome_of(reason: str | None) -> str:
    """Sort a reason into the outcome that `relance explain` shows.

    Args:
        reason: a code, or None for a follow-up that is due.

    Returns:
        `created`, `due`, `waiting` or `skipped`.
    """
    if not reason:
        return "due"
    if reason in CREATED:
        return "created"
    return "waiting" if reason in WAITING else "skipped"
