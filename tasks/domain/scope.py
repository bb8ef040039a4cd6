"""What part of a firm's work a run is for: everything, one schedule, some relations, or one task.

A partition of a night is a scope of relations (S1).
May touch: pandas. Tests: tests/unit/planning/test_scope.py.
"""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Scope:
    """The part that a run is for; None does not restrict.

    Attributes:
        schedule: TEMPLATE/SCHEDULE.
        relations: ids of relations.
        task_id: one task, for what is sent by hand.
    """

    schedule: str | None = None
    relations: frozenset[str] | None = None
    task_id: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self == EVERYTHING

    @property
    def schedule_key(self) -> tuple[str | None, str | None]:
        """The template and the schedule, both None for all."""
        template, _, schedule = (self.schedule or "").partition("/")
        return template or None, schedule or None

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows, numbered anew, whose `relation_id` is in it."""
        if self.relations is None:
            return rows
        return rows.loc[rows["relation_id"].isin(list(self.relations))].reset_index(drop=True)


EVERYTHING = Scope()
