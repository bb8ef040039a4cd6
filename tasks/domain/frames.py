"""Column contracts of the frames that cross a room, and how a column's name tells its type.

A suffix is a type (CONTRIBUTING.md, "Names"): `_on` a date (datetime64[s], NaT where unknown), `is_`/`has_` a
boolean, `_at` a UTC instant, everything else text unless it is a number already.
May touch: numpy, pandas. Tests: tests/unit/planning/test_field_dates.py and every room's law.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

TEXT = pd.StringDtype(na_value=np.nan)
DATE = "datetime64[s]"

RELATION_TYPES = ("person", "sole_trader", "company", "other")
RELATION_STATUSES = ("client", "prospect", "other", "former")

# One row per relation × schedule that may get a follow-up.
CANDIDATES = (
    "relation_id",
    "type",
    "status",
    "first_seen_on",
    "is_assigned",
    "start_on",
    "stop_on",
    "expires_on",
    "is_held",
    "task_status",
)
# One row per relation × schedule, or mission service × schedule, whose dates recur. `made_from` and `made_to` are the
# first and the last occurrence that has a task; `task_status` is the last one's.
RECURRING = (
    "relation_id",
    "type",
    "status",
    "first_seen_on",
    "is_assigned",
    "start_on",
    "stop_on",
    "mission_id",
    "mission_status",
    "first_on",
    "frequency",
    "until_on",
    "quantity",
    "is_backfill",
    "signed_seen_on",
    "is_held",
    "made_from",
    "made_to",
    "task_status",
)
# CANDIDATES, judged: one row per candidate, or per due period of one; `reason` is missing where it is due.
FOLLOW_UPS = (
    "relation_id",
    "template",
    "schedule",
    "mission_id",
    "occurrence",
    "period",
    "anchor_on",
    "due_on",
    "planned_on",
    "reason",
)
# One row per relation that the quality review looks at.
REVIEWED = ("relation_id", "type", "status", "email", "owner_id", "is_owner_known")
# One row per relation that has a data field; `block` is what validation says against its expiry date.
KNOWN_FIELDS = ("relation_id", "has_value", "expires_on", "block")
# One row per relation × criterion; `result` is met, not_met or not_applicable.
REVIEW = ("relation_id", "owner_id", "criterion", "result")
# One row per relation × schedule and time in which data of the firm's own stood in its way; open while mended_on is
# missing.
GAPS = ("relation_id", "template", "schedule", "reason", "since_on", "mended_on")
# One row per expectation and row that failed it.
FINDINGS = ("source_row", "row_id", "effect", "reason", "column_name", "problem")


class FrameError(Exception):
    """A frame that lacks a column its room promises; a fault of the program, not of the data."""


def require(frame: pd.DataFrame, columns: Sequence[str], room: str) -> pd.DataFrame:
    """Hold a frame to its contract.

    Raises:
        FrameError: naming the room and the columns that are missing.
    """
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise FrameError(f"{room}: columns {', '.join(missing)} are missing from its frame")
    return frame


def is_date(column: str) -> bool:
    """Whether a column of that name holds business dates."""
    return column.endswith("_on")


def is_instant(column: str) -> bool:
    """Whether a column of that name holds UTC instants."""
    return column.endswith("_at")


def is_flag(column: str) -> bool:
    """Whether a column of that name holds true or false."""
    return column.startswith(("is_", "has_"))


def empty(columns: Sequence[str]) -> pd.DataFrame:
    """A frame of no rows with the dtypes that its column names promise."""
    return pd.DataFrame({c: pd.Series(dtype=DATE if is_date(c) else bool if is_flag(c) else TEXT) for c in columns})


def is_among(values: pd.Series, known: pd.Series) -> pd.Series:
    """Whether each value is a known one; a missing value is not.

    As `values.isin(known)`, which makes a Python object of every known text: ten times as slow for a million.
    """
    codes, _ = pd.factorize(pd.concat([known, values], ignore_index=True))
    highest = codes[: len(known)].max(initial=-1)
    found = codes[len(known) :]
    return pd.Series((found >= 0) & (found <= highest), index=values.index)


def first_label(index: pd.Index, ladder: Sequence[tuple[pd.Series, str | pd.Series]]) -> pd.Series:
    """The label of the first condition that holds for each row, missing where none does.

    Args:
        index: of the rows.
        ladder: conditions in the order in which they speak, each with its label or a column of labels.
    """
    labels = pd.Series(np.nan, index=index, dtype=TEXT)
    for holds, label in reversed(ladder):
        labels = labels.mask(holds, label)
    return labels


def days(number: int) -> pd.Timedelta:
    """Calendar days, as what pandas adds to a column of dates (T3)."""
    return pd.Timedelta(days=number)
