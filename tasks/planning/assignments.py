"""Assignments: puts filtered relations on a schedule, or takes them off it (P8).

May touch: sql. Tests: tests/integration/planning/test_assign.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby

import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, func, insert, literal, select, true, update

from sql import schema
from sql.store import Store
from tasks.domain import frames
from tasks.domain.errors import RelanceError
from tasks.spelling import as_stored

# AdminPulse accepts a start at most one year back (P8).
LONGEST_BACK = timedelta(days=366)
IDS_NAMED = 5


class AssignError(RelanceError):
    """The assignment cannot be made; the message says why and what to do."""


@dataclass(frozen=True)
class RelationFilter:
    """A choice of relations: each filter that is not empty narrows it."""

    types: Sequence[str] = ()
    statuses: Sequence[str] = ()
    relations: Sequence[str] = ()
    owners: Sequence[str] = ()

    def where(self) -> ColumnElement[bool]:
        """The choice as a condition on the relations table."""
        r = schema.relations.c
        filters = [
            column.in_(list(wanted))
            for column, wanted in (
                (r.type, self.types),
                (r.status, self.statuses),
                (r.relation_id, self.relations),
                (r.owner_id, self.owners),
            )
            if wanted
        ]
        return and_(true(), *filters)


@dataclass(frozen=True)
class Kept:
    """Relations that were already on the schedule and keep a start other than the one asked for."""

    start_on: str
    relations: int
    first_ids: list[str]


@dataclass(frozen=True)
class Assigned:
    """The result of assigning or unassigning.

    Attributes:
        changed: relations put on the schedule, or taken off it.
        unchanged: those for which nothing changed.
        unknown: named, but not in the database.
        moved: already on the schedule, and given the new start.
        kept: of the unchanged, those that keep another start, by start.
    """

    changed: int
    unchanged: int
    unknown: list[str]
    moved: int = 0
    kept: list[Kept] = field(default_factory=list)


def check_start(start_on: date, today: date) -> None:
    """Check that a start is in the future or at most one year back (P8).

    Raises:
        AssignError: it is further back.
    """
    earliest = today.replace(year=today.year - 1) if (today.month, today.day) != (2, 29) else today - LONGEST_BACK
    if start_on < earliest:
        raise AssignError(f"A start on {start_on} lies more than one year back; the earliest is {earliest}.")


def as_known(store: Store, choice: RelationFilter) -> RelationFilter:
    """The same choice, with each named relation in the spelling in which it is stored (Q6)."""
    if not choice.relations:
        return choice
    named = pd.Series(list(choice.relations), dtype=frames.TEXT)
    return replace(choice, relations=tuple(as_stored(store, "relations", named)))


def choose_relations(store: Store, choice: RelationFilter) -> tuple[list[str], list[str]]:
    """The ids of the chosen relations, and the named ids that are not in the database."""
    choice = as_known(store, choice)
    r = schema.relations.c
    with store.begin(only_reads=True) as connection:
        known = connection.execute(select(r.relation_id).where(choice.where()).order_by(r.relation_id)).scalars().all()
    return list(known), _unknown(store, choice)


def assign(
    store: Store, template: str, schedule: str, choice: RelationFilter, start_on: date, *, move: bool = False
) -> Assigned:
    """Put the chosen relations on a schedule; those already on it keep their start (P8), unless `move` is set.

    Args:
        store: the database.
        template: the template's name.
        schedule: its schedule's key.
        choice: which relations.
        start_on: the start date.
        move: also give the new start to relations already on the schedule.
    """
    choice = as_known(store, choice)
    a, r = schema.assignments, schema.relations
    this = and_(a.c.template == template, a.c.schedule == schedule)
    chosen = select(r.c.relation_id).where(choice.where())
    columns = ["relation_id", "template", "schedule", "start_on"]
    with store.begin() as connection:
        others = and_(this, a.c.stop_on.is_(None), a.c.start_on != start_on, a.c.relation_id.in_(chosen))
        moved = connection.execute(update(a).where(others).values(start_on=start_on)).rowcount if move else 0
        kept = _kept(connection, others)
        back = update(a).where(this, a.c.stop_on.is_not(None), a.c.relation_id.in_(chosen))
        again = connection.execute(back.values(start_on=start_on, stop_on=None)).rowcount
        known = select(a.c.relation_id).where(this)
        rows = (
            select(r.c.relation_id, literal(template), literal(schedule), literal(start_on))
            .where(choice.where(), r.c.relation_id.not_in(known))
            .order_by(r.c.relation_id)
        )
        # Without this option SQLAlchemy does not return an INSERT's row count.
        added = connection.execute(
            insert(a).from_select(columns, rows), execution_options={"preserve_rowcount": True}
        ).rowcount
        total = len(connection.execute(chosen).all())
    return Assigned(again + added, total - again - added - moved, _unknown(store, choice), moved, kept)


def _kept(connection: Connection, those: ColumnElement[bool]) -> list[Kept]:
    """The starts of these assignments, each with the number of relations and the first of them."""
    a = schema.assignments.c
    place = func.row_number().over(partition_by=a.start_on, order_by=a.relation_id)
    of_start = func.count().over(partition_by=a.start_on)
    ranked = (
        select(a.start_on, a.relation_id, place.label("place"), of_start.label("relations")).where(those).subquery()
    )
    first = select(ranked).where(ranked.c.place <= IDS_NAMED).order_by(ranked.c.start_on, ranked.c.place)
    rows = connection.execute(first).all()
    return [
        Kept(start_on.isoformat(), some[0].relations, [row.relation_id for row in some])
        for start_on, some in ((day, list(group)) for day, group in groupby(rows, key=lambda row: row.start_on))
    ]


def unassign(store: Store, template: str, schedule: str, choice: RelationFilter, as_of: date) -> Assigned:
    """Take the chosen relations off a schedule: no new tasks from today on; open ones stay open (P8)."""
    choice = as_known(store, choice)
    a, r = schema.assignments, schema.relations
    this = and_(a.c.template == template, a.c.schedule == schedule)
    chosen = select(r.c.relation_id).where(choice.where())
    with store.begin() as connection:
        total = len(connection.execute(chosen).all())
        holding = update(a).where(this, a.c.stop_on.is_(None), a.c.relation_id.in_(chosen))
        removed = connection.execute(holding.values(stop_on=as_of - timedelta(days=1))).rowcount
    return Assigned(removed, total - removed, _unknown(store, choice))


def _unknown(store: Store, choice: RelationFilter) -> list[str]:
    """The named relations that are not in the database."""
    if not choice.relations:
        return []
    r = schema.relations.c
    with store.begin() as connection:
        known = set(
            connection.execute(select(r.relation_id).where(r.relation_id.in_(list(choice.relations)))).scalars()
        )
    return [name for name in choice.relations if name not in known]
