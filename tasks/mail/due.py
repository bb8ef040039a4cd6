"""What compose asks of the providers of due messages: one per kind of cause, all with the same frame.

To add a cause (see CONTRIBUTING.md): write a provider, and list it in flows/jobs/providers.py.
May touch: sql. Tests: tests/integration/mail/test_providers.py.
"""

from collections.abc import Iterator
from datetime import date
from typing import Protocol

import pandas as pd

from sql.store import Store
from tasks.domain.mail.keys import MESSAGE_KEY
from tasks.domain.scope import EVERYTHING, Scope

# The frame contract, one row per due message:
#   MESSAGE_KEY           its key in the outbox (M1)
#   message               the name of the message's templates
#   email, language       where it goes, and the recipient's language, if known
#   send_on               the day on which it is sent
#   reason                why it is not sent; missing if it is
#   merge                 its merge fields by object, as a dict; read only where there is no reason
#   known_reason          the reason that the outbox already has for it; missing if it is not there
DUE_COLUMNS = (
    *MESSAGE_KEY,
    "message",
    "email",
    "language",
    "send_on",
    "reason",
    "merge",
    "known_reason",
)


class DueProvider(Protocol):
    """Finds the due messages of one kind of cause, and decides which of them are sent."""

    def due(self, store: Store, as_of: date, scope: Scope = EVERYTHING) -> Iterator[pd.DataFrame]:
        """Frames of DUE_COLUMNS, in chunks that fit into memory once rendered; one recipient's rows stay together."""
        ...
