"""Placeholders: what is known, or may be known, only as a message leaves, such as a link with a secret in it.

A stored message contains the placeholder; what is handed over, and hashed, contains the value.
May touch: pandas. Tests: tests/integration/mail/test_providers.py, tests/unit/mail/test_placeholders.py.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# For claimed messages (columns of claimed_messages.sql), one value each; None where there is none.
Filler = Callable[["pd.DataFrame"], Sequence[str | None]]
LINK_FILLER, CODE_FILLER, DESK_FILLER = "page_link", "sign_in_code", "desk_link"
MARK = re.compile(r"-relance_fill_([a-z_]+)-")


def placeholder(name: str) -> str:
    """What a merge field holds in place of the value that the filler `name` gives."""
    return f"-relance_fill_{name}-"


def fill_placeholders(claimed: pd.DataFrame, fillers: Mapping[str, Filler]) -> pd.DataFrame:
    """Claimed messages with their placeholders filled in.

    Args:
        claimed: with body_text and body_html.
        fillers: by the name of their placeholder; each is asked once, for the messages that contain it.

    Returns:
        The same rows; `is_filled` is False where a value is missing, and the message must not leave as it is.
    """
    texts, pages = claimed["body_text"].tolist(), claimed["body_html"].tolist()
    is_filled = [True] * len(claimed)
    named = [set(MARK.findall(f"{text}{page}")) for text, page in zip(texts, pages, strict=True)]
    for name in sorted(set().union(*named)):
        rows = [i for i, names in enumerate(named) if name in names]
        filler = fillers.get(name)
        values = filler(claimed.iloc[rows]) if filler else [None] * len(rows)
        for i, value in zip(rows, values, strict=True):
            if value is None:
                is_filled[i] = False
            else:
                texts[i] = texts[i].replace(placeholder(name), value)
                pages[i] = pages[i].replace(placeholder(name), html.escape(value))
    types = {name: claimed[name].dtype for name in ("body_text", "body_html")}
    return claimed.assign(body_text=texts, body_html=pages, is_filled=is_filled).astype(types)
