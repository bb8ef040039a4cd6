"""The canonical shape of each kind of data: its columns and its key, and a check of a file's columns.

Text is converted to typed frames in tasks/domain/intake/typed_rows.py.
May touch: nothing. Tests: tests/unit/definitions/test_kinds.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tasks.domain.errors import RelanceError

EXPIRES_ON = ".expires_on"
UNTITLED = re.compile(r"(?:#\d+)?")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Kind:
    """A kind of data that can be imported.

    Attributes:
        name: as in `relance import KIND`.
        keys: the columns that identify a row.
        required: columns that every file of this kind must have.
        optional: further columns known by name.
        has_fields: whether any other column is a data field (`FIELD`, `FIELD.expires_on`).
        span: two date columns of which the first must not be later than the second.
    """

    name: str
    keys: tuple[str, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    has_fields: bool = False
    span: tuple[str, str] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column known by name."""
        return self.required + self.optional


RELATIONS = Kind(
    "relations",
    ("relation_id",),
    ("relation_id", "type", "status", "name"),
    ("email", "language", "owner_id", "company_id", "do_not_mail"),
    has_fields=True,
)
USERS = Kind("users", ("user_id",), ("user_id", "email"), ("first_name", "last_name", "remind_minutes", "role"))
MISSIONS = Kind(
    "missions",
    ("mission_id",),
    ("mission_id", "relation_id", "status"),
    ("name", "start_on", "end_on"),
    span=("start_on", "end_on"),
)
MISSION_SERVICES = Kind(
    "mission_services",
    ("mission_id", "template"),
    ("mission_id", "template"),
    ("frequency", "first_due_on", "quantity", "backfill", "recipients"),
)
ACTIVITIES = Kind(
    "activities",
    ("activity_id",),
    ("activity_id", "kind", "subject", "starts_at"),
    (
        "ends_at",
        "owner_id",
        "contact_id",
        "location",
        "status",
        "description",
        "send_notification",
        "remind_minutes",
        "invitees",
        "notify_contact",
    ),
    span=("starts_at", "ends_at"),
)
ANSWERS = Kind(
    "answers",
    ("relation_id", "template"),
    ("relation_id", "template", "answered_on"),
    ("subtask", "item", "value", "document", "not_applicable"),
)
FIELD_DATES = Kind(
    "field_dates",
    ("relation_id", "field"),
    ("relation_id", "field"),
    ("expires_on", "next_update_on", "frequency"),
)
KindName = Literal["relations", "users", "field_dates", "missions", "mission_services", "activities", "answers"]
KIND_NAMES: tuple[str, ...] = get_args(KindName)
KINDS = {kind.name: kind for kind in (RELATIONS, USERS, FIELD_DATES, MISSIONS, MISSION_SERVICES, ACTIVITIES, ANSWERS)}


class ShapeError(RelanceError):
    """The file's columns are not those of its kind; the message names them and says what to do."""


def check_columns(kind: Kind, columns: Sequence[str]) -> None:
    """Refuse a file with columns that are missing, duplicate, or have no usable name (Q3).

    Raises:
        ShapeError: names all such columns at once.
    """
    problems = []
    missing = [c for c in kind.required if c not in columns]
    if missing:
        problems.append(f"column {', '.join(missing)} is missing (missing or renamed at the source)")
    unknown = [c for c in columns if c not in kind.columns and not (kind.has_fields and _is_field(c))]
    if len(missing) == len(kind.required):
        # The first record may not be a header but a client's row, so it is not quoted (Q5).
        problems.append("none of the columns that this kind needs is there: see that the first record holds titles")
    elif any(UNTITLED.fullmatch(c) for c in unknown):
        places = ", ".join(str(at) for at, c in enumerate(columns, start=1) if UNTITLED.fullmatch(c))
        problems.append(
            f"column {places} (counted from the left) has no title: give it one, or delete it at the source; a "
            "separator at the end of each line makes such a column"
        )
    elif unknown:
        named = ", ".join(repr(c[:40]) for c in unknown)
        what = (
            "neither a column of this kind nor a data field (lower case, digits, _)" if kind.has_fields else "unknown"
        )
        problems.append(f"column {named} is {what}")
    if problems:
        raise ShapeError(
            f"{'; '.join(problems)}. Known columns: {', '.join(kind.columns)}. "
            "For a file of another shape, name its profile with --mapping."
        )


def _is_field(column: str) -> bool:
    return FIELD_NAME.fullmatch(column.removesuffix(EXPIRES_ON)) is not None


def field_names(columns: Sequence[str], kind: Kind) -> list[str]:
    """The data fields among a file's columns, in order of first appearance."""
    if not kind.has_fields:
        return []
    return list(dict.fromkeys(c.removesuffix(EXPIRES_ON) for c in columns if c not in kind.columns))
