"""The fields of the records that forms and rules speak of, with the type of each (W1, W2).

A field is named as the column of the canonical file. May touch: nothing. Tests: tests/unit/rules/test_conditions.py.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Literal, get_args

from tasks.domain.definitions.kinds import ACTIVITIES, EXPIRES_ON, FIELD_NAME, KINDS, MISSIONS, RELATIONS
from tasks.domain.definitions.relation import RelationStatus, RelationType

RecordKind = Literal["activities", "relations", "missions"]
FieldType = Literal["text", "whole", "flag", "day", "instant", "ids"]
TYPES: Mapping[str, FieldType] = {
    "starts_at": "instant",
    "ends_at": "instant",
    "start_on": "day",
    "end_on": "day",
    "send_notification": "flag",
    "notify_contact": "flag",
    "do_not_mail": "flag",
    "remind_minutes": "whole",
    "invitees": "ids",
}
WORDS: Mapping[FieldType, str] = {
    "text": "a text",
    "whole": "a whole number",
    "flag": "true or false",
    "day": "a day such as 2026-12-31",
    "instant": "a local time such as 2026-12-31T14:30",
    "ids": "one user's id",
}
ACTIVITY_STATUSES = ("planned", "held", "not_held", "cancelled")
VALUES: Mapping[tuple[str, str], tuple[str, ...]] = {
    (ACTIVITIES.name, "status"): ACTIVITY_STATUSES,
    (MISSIONS.name, "status"): ("draft", "sent", "signed", "ended"),
    (RELATIONS.name, "status"): get_args(RelationStatus),
    (RELATIONS.name, "type"): get_args(RelationType),
}


def columns_of(kind: str) -> tuple[str, ...]:
    """The columns of a kind of record, without the data fields that a relation may have besides."""
    return KINDS[kind].columns


def is_data_field(kind: str, name: str) -> bool:
    """Whether a name may be a relation's data field, or its expiry date."""
    is_column = name in columns_of(kind)
    return KINDS[kind].has_fields and not is_column and bool(FIELD_NAME.fullmatch(name.removesuffix(EXPIRES_ON)))


def type_of(kind: str, name: str) -> FieldType:
    """The type of a field.

    Raises:
        ValueError: that kind of record has no such field; the text names those that it has.
    """
    if name in columns_of(kind):
        return TYPES.get(name, "text")
    if is_data_field(kind, name):
        return "day" if name.endswith(EXPIRES_ON) else "text"
    raise ValueError(f"{kind} have no field {name!r}; they have {', '.join(columns_of(kind))}")


def read_value(kind: str, name: str, value: Any) -> Any:
    """A value written in a definition, as the type of its field.

    Raises:
        ValueError: it is of another type, or none that the field can have.
    """
    wanted = type_of(kind, name)
    read = _READERS[wanted](value)
    if read is None:
        raise ValueError(f"{name} holds {WORDS[wanted]}, not {value!r}")
    known = VALUES.get((kind, name))
    if known and read not in known:
        raise ValueError(f"{name} is never {read!r}; it is {', '.join(known)}")
    return read


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _day(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _instant(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo is None else None
    return datetime.combine(value, time()) if isinstance(value, date) else None


_READERS: Mapping[FieldType, Any] = {
    "text": _text,
    "whole": _whole,
    "flag": _flag,
    "day": _day,
    "instant": _instant,
    "ids": _text,
}
