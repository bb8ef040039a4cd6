"""Missions: what a firm has agreed to do for a relation, the period, and when the mission was signed (P4).

May touch: sql. Tests: tests/integration/planning/test_missions.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, select, text, true, update

from sql import schema
from sql.store import Store, iso, query
from tasks.domain.errors import RelanceError
from tasks.planning.assignments import RelationFilter
from tasks.rows import plain_rows

NOBODY = RelationFilter()
IDS_NAMED = 5


class MissionError(RelanceError):
    """The missions cannot be changed as asked; the message says which and why."""


@dataclass(frozen=True)
class MissionFilter:
    """A choice of missions: each filter that is not empty narrows it."""

    ids: Sequence[str] = ()
    name: str | None = None
    status: str | None = None
    relations: RelationFilter = field(default=NOBODY)

    def where(self) -> ColumnElement[bool]:
        """The choice as a condition on the missions table."""
        m, r = schema.missions.c, schema.relations.c
        filters = [
            *([m.mission_id.in_(list(self.ids))] if self.ids else []),
            *([m.name == self.name] if self.name else []),
            *([m.status == self.status] if self.status else []),
        ]
        if self.relations != NOBODY:
            filters.append(m.relation_id.in_(select(r.relation_id).where(self.relations.where())))
        return and_(true(), *filters)


@dataclass(frozen=True)
class Changed:
    """The number of chosen missions that changed, and of those that did not."""

    changed: int
    unchanged: int


def choose_missions(store: Store, choice: MissionFilter) -> pd.DataFrame:
    """The chosen missions: mission_id, relation_id, name, status, start_on, end_on; one row each, by id.

    Raises:
        MissionError: a mission named by id does not exist.
    """
    m = schema.missions
    with store.begin(only_reads=True) as connection:
        rows = connection.execute(m.select().where(choice.where()).order_by(m.c.mission_id)).mappings().all()
        _refuse_unknown(connection, choice.ids)
    return pd.DataFrame([dict(row) for row in rows], columns=[c.name for c in m.columns])


def list_missions(store: Store, choice: MissionFilter) -> list[dict[str, Any]]:
    """The chosen missions with their services, as plain values."""
    services: dict[str, list[dict[str, Any]]] = {}
    for service in plain_rows(store.read("mission_services")):
        services.setdefault(service.pop("mission_id"), []).append(service)
    missions = choose_missions(store, choice).to_dict("records")
    return [
        {str(k): v.isoformat() if isinstance(v, date) else v for k, v in mission.items()}
        | {"services": services.get(mission["mission_id"], [])}
        for mission in missions
    ]


def sign_missions(store: Store, choice: MissionFilter, as_of: date) -> Changed:
    """Sign the chosen missions: from today on, their services create tasks.

    Raises:
        MissionError: one of them has ended, or does not exist.
    """
    m = schema.missions
    with store.begin() as connection:
        _refuse_unknown(connection, choice.ids)
        ended = connection.execute(select(m.c.mission_id).where(choice.where(), m.c.status == "ended")).scalars().all()
        if ended:
            raise MissionError(f"Ended missions cannot be signed: {_some(ended)}. Nothing was changed.")
        total = len(connection.execute(select(m.c.mission_id).where(choice.where())).all())
        signing = update(m).where(choice.where(), m.c.status != "signed").values(status="signed")
        signed = connection.execute(signing).rowcount
        connection.execute(text(query("note_signed")), {"as_of": iso(as_of)})
    return Changed(signed, total - signed)


def end_missions(store: Store, choice: MissionFilter, end_on: date, as_of: date) -> Changed:
    """End the chosen missions on a date, which is their last day (T4); open tasks stay open.

    A signed mission whose last day is in the future stays signed until then, and tasks that fall due by then are
    created.

    Raises:
        MissionError: one of them starts after that date, or does not exist.
    """
    m = schema.missions
    with store.begin() as connection:
        _refuse_unknown(connection, choice.ids)
        late = connection.execute(select(m.c.mission_id).where(choice.where(), m.c.start_on > end_on)).scalars().all()
        if late:
            raise MissionError(f"These start after {end_on}: {_some(late)}. Nothing was changed.")
        total = len(connection.execute(select(m.c.mission_id).where(choice.where())).all())
        ending = and_(choice.where(), m.c.status != "ended")
        changed = connection.execute(update(m).where(ending, m.c.end_on.is_distinct_from(end_on)).values(end_on=end_on))
        is_over = m.c.status != "signed" if end_on >= as_of else true()
        closed = connection.execute(update(m).where(ending, is_over).values(status="ended"))
        moved = max(changed.rowcount, closed.rowcount)
    return Changed(moved, total - moved)


def _refuse_unknown(connection: Connection, ids: Sequence[str]) -> None:
    m = schema.missions.c
    known = set(connection.execute(select(m.mission_id).where(m.mission_id.in_(list(ids)))).scalars()) if ids else set()
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise MissionError(f"There is no mission {', '.join(unknown)}. `relance mission list` lists them.")


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - IDS_NAMED:,} more" if len(ids) > IDS_NAMED else ""
    return ", ".join(ids[:IDS_NAMED]) + more
