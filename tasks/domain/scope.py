"""The part of a firm's work that a run is for: everything, one schedule, some relations, or one task.

A partition of a night is a scope with some of the relations (S1).
May touch: pandas. Tests: tests/unit/planning/test_scope.py.
"""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Scope:
    """The part of the work that a run is for; None means no restriction.

    Attributes:
        schedule: TEMPLATE/SCHEDULE.
        relations: ids of relations.
        task_id: one task, for a message sent by hand.
    """

    schedule: str | None = None
    relations: frozenset[str] | None = None
    task_id: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it covers everything."""
        return self == EVERYTHING

    @property
    def schedule_key(self) -> tuple[str | None, str | None]:
        """The template and the schedule; both None for all schedules."""
        template, _, schedule = (self.schedule or "").partition("/")
        return template or None, schedule or None

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows whose `relation_id` is in the scope, with a new index."""
        if self.relations is None:
            return rows
        return rows.loc[rows["relation_id"].isin(list(self.relations))].reset_index(drop=True)


EVERYTHING = Scope()
