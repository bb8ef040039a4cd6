"""Relations at the desk: found by id, name or address, filtered, fifty at a time.

May touch: sql. Tests: tests/integration/desk/test_desk_relations.py, on both databases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, union

from sql import schema
from tasks.desk.prefixes import begins_with, contains

A_PAGE = 50


@dataclass(frozen=True)
class RelationChoice:
    """Which relations are shown: each filter that is not None narrows it.

    Attributes:
        text: what the id, the name or the e-mail address begins with.
        is_within: the name may also have the text anywhere within it, which is slow.
        type, status, owner_id: only of this one.
        after: only those behind this id in the list.
    """

    text: str | None = None
    is_within: bool = False
    type: str | None = None
    status: str | None = None
    owner_id: str | None = None
    after: str | None = None

    @property
    def is_searched(self) -> bool:
        """Whether it names what to find."""
        return bool(self.text)


@dataclass(frozen=True)
class RelationPage:
    """A page of a list, and the id after which the next one begins."""

    rows: Sequence[Mapping[str, Any]]
    next: str | None


def read_relations(connection: Connection, choice: RelationChoice) -> RelationPage:
    """One page of relations, by id."""
    r, u = schema.relations.c, schema.users.c
    wanted = (
        select(r.relation_id, r.name, r.type, r.status, r.email, r.owner_id)
        .add_columns(u.first_name.label("owner_first_name"), u.last_name.label("owner_last_name"))
        .outerjoin(schema.users, u.user_id == r.owner_id)
        .where(*_conditions(choice, connection.dialect.name))
        .order_by(r.relation_id)
        .limit(A_PAGE + 1)
    )
    found = [dict(row) for row in connection.execute(wanted).mappings()]
    rows = found[:A_PAGE]
    return RelationPage(rows, rows[-1]["relation_id"] if len(found) > A_PAGE else None)


def _conditions(choice: RelationChoice, dialect: str) -> list[ColumnElement[bool]]:
    r = schema.relations.c
    found: list[ColumnElement[bool]] = []
    if choice.text:
        found.append(r.relation_id.in_(_matching(choice.text.strip(), dialect, is_within=choice.is_within)))
    filters = ((r.type, choice.type), (r.status, choice.status), (r.owner_id, choice.owner_id))
    found += [column == value for column, value in filters if value is not None]
    if choice.after is not None:
        found.append(r.relation_id > choice.after)
    return found


def _matching(text: str, dialect: str, *, is_within: bool) -> Select[Any]:
    """The ids of those that a text finds: each way of finding by its own index, however the whole list is sorted."""
    r = schema.relations.c
    named = [contains(r.name, text)] if is_within else begins_with(r.name, text, dialect)
    ways = [*begins_with(r.relation_id, text, dialect), *named, *begins_with(func.lower(r.email), text, dialect)]
    every = union(*(select(r.relation_id).where(way) for way in ways)).subquery()
    return select(every.c.relation_id)
