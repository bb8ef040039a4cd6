"""What is put into messages only as they leave: the link to the page, and codes (D1).

May touch: sql. Tests: tests/integration/web/test_page_links.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sql.store import Store
from tasks.domain.mail.keys import CODE, PAGE_LINK, RELATION, TASK
from tasks.mail.placeholders import CODE_FILLER, LINK_FILLER, Filler
from tasks.requests.page.codes import codes_of
from tasks.requests.page.links import Asked, tokens_of

if TYPE_CHECKING:
    import pandas as pd

MASKED = "…"


def page_fillers(store: Store, base: str, key: bytes, clock: Callable[[], datetime]) -> dict[str, Filler]:
    """The fillers of links and codes, by the name of their placeholder.

    Args:
        store: the database.
        base: the address under which clients reach the page, without a slash at its end.
        key: the secret from which links and codes are derived.
        clock: returns the current instant, UTC.
    """

    def links(claimed: pd.DataFrame) -> Sequence[str | None]:
        asked = [_asked(row) for row in claimed.to_dict("records")]
        with store.begin() as connection:
            tokens = tokens_of(connection, filter(None, asked), key, clock(), is_mailed=True)
        return [None if one is None else page_url(base, tokens[one]) for one in asked]

    def codes(claimed: pd.DataFrame) -> Sequence[str | None]:
        numbers = claimed["cause_id"].where(claimed["cause_kind"] == CODE, "0").astype(int).tolist()
        with store.begin(only_reads=True) as connection:
            digits = codes_of(connection, numbers, key, clock())
        return [digits.get(number) for number in numbers]

    return {LINK_FILLER: links, CODE_FILLER: codes}


def masked_fillers() -> dict[str, Filler]:
    """The same for a rehearsal, which gives no link away."""

    def masked(claimed: pd.DataFrame) -> Sequence[str | None]:
        return [MASKED] * len(claimed)

    return {LINK_FILLER: masked, CODE_FILLER: masked}


def page_url(base: str, token: str) -> str:
    """The address of a link."""
    return f"{base}/r/{token}"


def _asked(row: Mapping[Any, Any]) -> Asked | None:
    if row["cause_kind"] not in (TASK, PAGE_LINK) or row["recipient_kind"] != RELATION:
        return None
    return Asked(int(str(row["cause_id"])), str(row["step"]), str(row["recipient_id"]))
