"""A save of a record as rules see it, the firm's rules, and what came of them.

May touch: tasks/domain, tasks/mail/render.py. Tests: tests/integration/rules/test_act.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.domain.activities.activity import Activity
from tasks.domain.definitions.firm import Firm
from tasks.domain.definitions.rule import Rule, rules_of
from tasks.domain.definitions.template import Template
from tasks.domain.reasons import Reason
from tasks.mail.render import Renderer


@dataclass(frozen=True)
class RuleBook:
    """A firm's rules, with what their actions need."""

    rules: Sequence[Rule]
    templates: Mapping[str, Template]
    renderer: Renderer
    firm: Firm

    def of(self, kind: str) -> list[Rule]:
        """The rules of a kind of record, in the order of their files."""
        return rules_of(self.rules, kind)

    def data_fields(self, kind: str) -> list[str]:
        """The data fields that the rules of a kind of record read or set."""
        return [name for rule in self.of(kind) for name in rule.data_fields]


@dataclass(frozen=True)
class Save:
    """A record as it was saved.

    Attributes:
        kind: activities, relations or missions.
        record_id: its id.
        number: which of its saves this is; a rule acts once for it (W4).
        before: as it was; None if it is new.
        record: as it was saved.
        now: the instant, UTC.
        quiet: why nobody is mailed, if so: it is a first import (V2), or of what is over.
        activity: of a save of an activity, as it was saved: mails say that, whatever rules have set since (W3).
    """

    kind: str
    record_id: str
    number: str
    before: Mapping[str, Any] | None
    record: Mapping[str, Any]
    now: datetime
    quiet: Reason | None = None
    activity: Activity | None = None


@dataclass
class Acted:
    """The mails that rules queued, to whom, and the rules that were left out at a first import (V2)."""

    queued: int = 0
    people: frozenset[str] = frozenset()
    imported: int = 0

    def add(self, people: Sequence[str]) -> None:
        """Count the mails of one rule, by recipient."""
        self.queued += len(people)
        self.people |= set(people)

    def join(self, other: "Acted") -> None:
        """Count what came of another save as well."""
        self.queued += other.queued
        self.people |= other.people
        self.imported += other.imported
