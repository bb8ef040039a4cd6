"""Column contracts of the frames passed between stages, and how a column's name gives its type.

A suffix gives the type (CONTRIBUTING.md, "Names"): `_on` a date (datetime64[s], NaT where unknown), `is_`/`has_` a
boolean, `_at` a UTC instant; any other column is text unless it is already a number.
May touch: numpy, pandas. Tests: tests/unit/planning/test_field_dates.py and the test of every stage's law.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

TEXT = pd.StringDtype(na_value=np.nan)
DATE = "datetime64[s]"

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
# One row per relation × schedule, or mission service × schedule, with recurring dates. `made_from` and `made_to` are
# the first and the last occurrence that has a task; `task_status` is that of the last one.
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
# One row per relation that an update group may ask; `company_*` are its company's. `made_to` is the date of its latest
# dossier.
UPDATE_RELATIONS = ("relation_id", "type", "status", "company_type", "company_status", "is_held", "made_to")
# One row per relation: one of the group's data fields. `is_there`: it was ever
# imported, though it may be empty. `asked_to` is the date of the latest dossier that asked for it.
UPDATE_FIELDS = ("is_there", "has_value", "expires_on", "next_update_on", "frequency", "updated_on", "asked_to")
# CANDIDATES with a verdict: one row per candidate, or per due period of one; `reason` is missing if it is due.
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
# One row per relation that has a data field; `block` is validation's reason against its expiry date.
KNOWN_FIELDS = ("relation_id", "has_value", "expires_on", "block")
# One row per relation × criterion; `result` is met, not_met or not_applicable.
REVIEW = ("relation_id", "owner_id", "criterion", "result")
# One row per relation × schedule and period in which the firm's data blocked it; still open while mended_on is
# missing.
GAPS = ("relation_id", "template", "schedule", "reason", "since_on", "mended_on")
# One row per expectation and row that failed it.
FINDINGS = ("source_row", "row_id", "effect", "reason", "column_name", "problem")


class FrameError(Exception):
    """A frame lacks a column that its stage promises: an error in the program, not in the data."""


def require(frame: pd.DataFrame, columns: Sequence[str], stage: str) -> pd.DataFrame:
    """Check a frame against its contract.

    Raises:
        FrameError: columns are missing; the message names the stage and the columns.
    """
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise FrameError(f"{stage}: columns {', '.join(missing)} are missing from its frame")
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
    """A frame without rows, with the dtypes given by its column names."""
    return _empty(tuple(columns)).copy()


@cache
def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    """Built once per list of columns: it takes ten milliseconds, and a night of a small firm asks for twenty."""
    return pd.DataFrame({c: pd.Series(dtype=DATE if is_date(c) else bool if is_flag(c) else TEXT) for c in columns})


def is_among(values: pd.Series, known: pd.Series) -> pd.Series:
    """Whether each value is one of the known ones; False for a missing value.

    The same as `values.isin(known)`, which creates a Python object for every known text: ten times as slow for a
    million.
    """
    codes, _ = pd.factorize(pd.concat([known, values], ignore_index=True))
    highest = codes[: len(known)].max(initial=-1)
    found = codes[len(known) :]
    return pd.Series((found >= 0) & (found <= highest), index=values.index)


def dates(values: pd.Series) -> pd.Series:
    """Business dates of any type as the type that stages pass on; missing where there is none."""
    return pd.Series(pd.to_datetime(values), index=values.index, dtype=DATE)


def first_label(index: pd.Index, ladder: Sequence[tuple[pd.Series, str | pd.Series]]) -> pd.Series:
    """The label of the first condition that is true for each row; missing if none is.

    Args:
        index: of the rows.
        ladder: conditions in order of precedence, each with its label or a column of labels.
    """
    labels = pd.Series(np.nan, index=index, dtype=TEXT)
    for holds, label in reversed(ladder):
        labels = labels.mask(holds, label)
    return labels


def days(number: int) -> pd.Timedelta:
    """Calendar days, as a value that pandas can add to a column of dates (T3)."""
    return pd.Timedelta(days=number)
