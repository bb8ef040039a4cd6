"""A relation's data fields with their dates: shown, and set by hand (seed 004's pop-up).

A field that is empty has no dates: there is nothing that could expire or be asked again.
May touch: sql. Tests: tests/integration/requests/test_fields.py, on both databases.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, insert, select, update

from sql import schema
from sql.store import Store
from tasks.domain.dates.frequency import FrequencyError, checked_frequency
from tasks.domain.definitions.kinds import FIELD_NAME
from tasks.domain.definitions.update_group import UpdateGroup
from tasks.domain.errors import RelanceError

OF_HAND = "hand"
SHOWN = ("field", "value", "expires_on", "next_update_on", "frequency", "source", "updated_on")


class FieldError(RelanceError):
    """A field that does not exist, or cannot be changed as asked; the message says why and what to do."""


@dataclass(frozen=True)
class FieldChange:
    """What is set by hand; `given` names the attributes that are, since each may also be emptied.

    Attributes:
        value: what is known.
        expires_on: when it expires.
        next_update_on: when it is asked next, and from when on its dates count (U3).
        frequency: its own; None for its group's.
    """

    given: frozenset[str]
    value: str | None = None
    expires_on: date | None = None
    next_update_on: date | None = None
    frequency: str | None = None


def list_fields(store: Store, groups: Iterable[UpdateGroup], relation_id: str) -> list[dict[str, Any]]:
    """The data fields of a relation, by name, each with the update group that asks for it.

    Raises:
        FieldError: there is no such relation.
    """
    group_of = _groups_of(groups)
    f = schema.relation_fields.c
    with store.begin(only_reads=True) as connection:
        _check_relation(connection, relation_id)
        wanted = select(*(f[name] for name in SHOWN)).where(f.relation_id == relation_id).order_by(f.field)
        rows = [dict(row) for row in connection.execute(wanted).mappings()]
    plain = [
        {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()} for row in rows
    ]
    order = ("field", "value", "expires_on", "next_update_on", "frequency", "group", "source", "updated_on")
    return [{name: (row | {"group": group_of.get(row["field"])})[name] for name in order} for row in plain]


def set_field(
    store: Store, groups: Iterable[UpdateGroup], relation_id: str, field: str, change: FieldChange, as_of: date
) -> None:
    """Set what is known of a relation, or when it is asked again.

    Raises:
        FieldError: there is no such relation, the field would stay empty, nothing asks for it, or a date has passed.
    """
    _check_change(_groups_of(groups), field, change, as_of)
    f = schema.relation_fields
    with store.begin() as connection:
        _check_relation(connection, relation_id)
        this = and_(f.c.relation_id == relation_id, f.c.field == field)
        before = connection.execute(select(f).where(this)).mappings().one_or_none()
        known = {} if before is None else dict(before)
        _check_filled(relation_id, field, change, known)
        values: dict[str, Any] = {name: getattr(change, name) for name in change.given}
        if change.given & {"value", "expires_on"}:
            values |= {"source": OF_HAND, "import_id": None}
            # An import that repeats what was known before changes nothing (D6).
            values |= {"replaced_value": known.get("value"), "replaced_expires_on": known.get("expires_on")}
        if "value" in change.given:
            values["updated_on"] = as_of
        if before is None:
            connection.execute(insert(f).values({"relation_id": relation_id, "field": field} | values))
        else:
            connection.execute(update(f).where(this).values(values))


def _check_change(group_of: Mapping[str, str], field: str, change: FieldChange, as_of: date) -> None:
    if FIELD_NAME.fullmatch(field) is None:
        raise FieldError(f"{field!r} is no name of a data field: small letters without accents, digits and _.")
    if change.given & {"next_update_on", "frequency"} and field not in group_of:
        groups = ", ".join(sorted(group_of)) or "none"
        raise FieldError(
            f"No update group asks for {field}, so it has no next update and no frequency. Fields of groups: {groups}."
        )
    if change.next_update_on is not None and change.next_update_on < as_of:
        raise FieldError(f"The next update of {field}, {change.next_update_on}, lies before {as_of}; give a later day.")
    if change.frequency is not None:
        try:
            checked_frequency(change.frequency)
        except FrequencyError as error:
            raise FieldError(f"{field}: {error}.") from None


def _check_filled(relation_id: str, field: str, change: FieldChange, known: Mapping[str, Any]) -> None:
    value = change.value if "value" in change.given else known.get("value")
    if not (value or "").strip() and ("value" in change.given or known.get("expires_on") is None):
        raise FieldError(
            f"Field {field} of {relation_id} is empty: what is not known can neither expire nor be asked again. "
            "Give its value, too (--value)."
        )


def _check_relation(connection: Connection, relation_id: str) -> None:
    r = schema.relations.c
    if connection.execute(select(r.relation_id).where(r.relation_id == relation_id)).first() is None:
        raise FieldError(
            f"There is no relation {relation_id!r}. Ids are compared exactly as `relance import` read them."
        )


def _groups_of(groups: Iterable[UpdateGroup]) -> dict[str, str]:
    return {name: group.group for group in groups for name in group.field_names}
