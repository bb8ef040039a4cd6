"""The states of messages and of attempts, with every allowed change.

A message is composed into the outbox, claimed by a dispatch, and handed over as part of an attempt. Its final state is
decided by the answer, an event, the logs or a person:

    composed ──► pending ◄──────────────┬─────────────────┐
        │           │ claimed           │ fenced          │ a person: not sent
        │           ▼                   │                 │
        │        sending ─────────► unknown ─────────► held
        │           │ answered         │ looked up       │ a person: sent
        │           ├──────────► sent ◄┴─────────────────┘
        │           ├──────────► rejected
        │           ├──────────► suppressed ──► pending     another address, data corrected
        │           └──────────► cancelled ───► pending     its task is open again (A2)
        ├──► suppressed   waits for data or for an address
        └──► cancelled    never sent, with a reason

A message that was sent and came back is `suppressed` (the address is the cause) or `rejected` (only this message is).
One whose batch is recalled before its hour is `pending` again (R2).

An attempt is one request to a mail service that cannot tell whether it already accepted the same request:

    open ──► accepted | refused | released | unknown
    accepted ──► cancelled (recalled)
    unknown ──► cancelled (fenced) | accepted (looked up) | held (only a person can say) | resolved
    held ──► resolved | accepted

Every UPDATE checks the current state, so a late answer changes nothing. The test databases refuse any change that is
not listed here.
May touch: nothing. Tests: tests/unit/mail/test_states.py, tests/conftest.py.
"""

MESSAGE_STATUSES = ("pending", "sending", "sent", "unknown", "held", "rejected", "suppressed", "cancelled")
MESSAGE_BEGINS = frozenset({"pending", "suppressed", "cancelled"})
MESSAGE_EDGES = frozenset(
    {
        ("pending", "sending"),  # claimed by a dispatch
        ("pending", "cancelled"),  # superseded, or its task was closed
        ("pending", "suppressed"),
        ("sending", "pending"),  # released: it was not handed over
        ("sending", "sent"),
        ("sending", "rejected"),
        ("sending", "unknown"),  # it is not known whether the request arrived
        ("sending", "held"),
        ("sending", "suppressed"),  # current facts prevent it (M5)
        ("sending", "cancelled"),
        ("unknown", "pending"),  # fenced: its batch was cancelled, and the cancellation confirmed (O3)
        ("unknown", "sent"),  # an event, the logs or a person says so
        ("unknown", "held"),
        ("held", "sent"),
        ("held", "pending"),
        ("sent", "suppressed"),  # it bounced (M7)
        ("sent", "rejected"),
        ("sent", "pending"),  # recalled: its batch was cancelled before it was sent (R2)
        ("suppressed", "pending"),
        ("suppressed", "cancelled"),
        ("cancelled", "pending"),  # its task was reopened (A2)
        ("cancelled", "suppressed"),
    }
)

# open: the request may be in progress. unknown: it is not known whether it arrived. cancelled: its batch was fenced,
# and its messages are queued again. held: only a person can find out.
ATTEMPT_STATES = ("open", "accepted", "refused", "released", "unknown", "cancelled", "held", "resolved")
ATTEMPT_BEGINS = frozenset({"open"})
ATTEMPT_EDGES = frozenset(
    {
        ("open", "accepted"),
        ("open", "refused"),
        ("open", "released"),
        ("open", "unknown"),
        ("accepted", "cancelled"),  # recalled
        ("unknown", "accepted"),
        ("unknown", "cancelled"),
        ("unknown", "held"),
        ("unknown", "resolved"),
        ("held", "accepted"),
        ("held", "resolved"),
    }
)
