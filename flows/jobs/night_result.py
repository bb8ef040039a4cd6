"""What a night did: its figures, as `relance run --json` prints them.

May touch: nothing. Tests: tests/integration/planning/test_night.py.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tasks.mail.compose import Composed
from tasks.mail.delivery.deliver import Delivered
from tasks.requests.dossiers import Removed


@dataclass
class NightResult:
    """What a run did, as `relance run --json` prints it."""

    as_of: date
    dry_run: bool
    is_whole: bool = True
    run_id: int | None = None
    status: str = "done"
    pulled: list[dict[str, Any]] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=lambda: {"relations": 0})
    quarantined: int = 0
    blocked: int = 0
    created: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    closed: int = 0
    composed: Composed = field(default_factory=Composed)
    delivered: Delivered = field(default_factory=Delivered)
    deferred: int = 0
    crossed: int = 0
    dossiers: Removed = field(default_factory=Removed)
    report: str | None = None
    tasks: list[dict[str, Any]] | None = None
    mails: list[dict[str, Any]] | None = None
    blocked_relations: list[str] = field(default_factory=list)

    @property
    def due(self) -> int:
        """Messages that were due: sent, merged, deferred, held or dropped (M6)."""
        return self.delivered.waiting + sum(self.composed.dropped.values())

    @property
    def dropped(self) -> dict[str, int]:
        """Messages that will not be sent, by reason, whether found while composing or while delivering."""
        return dict(sorted((Counter(self.composed.dropped) + Counter(self.delivered.dropped)).items()))

    def to_json(self) -> dict[str, Any]:
        """The JSON object of the contract."""
        messages = {
            "created": self.composed.created,
            "due": self.due,
            "sent": self.delivered.sent,
            "merged": self.delivered.merged,
            "held": self.delivered.held,
            "deferred": self.deferred,
            "crossed": self.crossed,
            "dropped": self.dropped,
        }
        figures: dict[str, Any] = {
            "as_of": self.as_of.isoformat(),
            "run_id": self.run_id,
            "dry_run": self.dry_run,
            "is_whole": self.is_whole,
            "status": self.status,
            "pulled": self.pulled,
            "read": self.read,
            "quarantined": self.quarantined,
            "blocked": self.blocked,
            "planned": {"created": self.created, "skipped": self.skipped},
            "closed": self.closed,
            "messages": messages,
            "dossiers": {"removed": self.dossiers.dossiers, "unanswered": self.dossiers.unanswered},
            "undelivered": self.delivered.problem,
            "report": self.report,
        }
        return figures | ({"tasks": self.tasks, "mails": self.mails} if self.dry_run else {})
