"""The night: the rooms in order, as plain calls. `relance run` and the Prefect flow both walk this way.

May touch: every room. Tests: tests/integration/planning/test_night.py, tests/end_to_end/.
"""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import pandas as pd

from flows.home.clock import now
from flows.home.outgoing import post_of
from flows.home.settings import Settings, SettingsError
from flows.jobs.preview import Preview
from flows.jobs.pulls import pull_sources
from sql.lock import LockTaken
from sql.store import Store
from tasks.domain.intake.gate import FeedFigures, check_feed
from tasks.domain.reasons import BLOCKING
from tasks.intake.quarantine import count_quarantined
from tasks.mail.compose import Composed, compose
from tasks.mail.delivery.deliver import Delivered, Post, deliver
from tasks.mail.delivery.suppressions import close_mended
from tasks.mail.overview import count_deferred
from tasks.planning.assignments import Choice, choose_relations
from tasks.planning.candidates import extract_relations
from tasks.planning.close import close_finished
from tasks.planning.first_seen import note_seen
from tasks.planning.materialise import materialise
from tasks.planning.plan import plan, plan_again, rules_of
from tasks.planning.reconcile import apply_settlement, settle
from tasks.reporting.history import Run
from tasks.reporting.report import Evidence, write_report
from tasks.runs import begin_run, end_run, last_good_read
from tasks.validation import set_aside_ids, validate

Doorway = TypeVar("Doorway", bound=Callable[..., Any])
# Wraps a room before it is entered: a Prefect task, a progress line, or nothing.
Usher = Callable[[Doorway], Doorway]
EVERYBODY = Choice()


def walk_in(room: Doorway) -> Doorway:
    """The usher who does nothing."""
    return room


@dataclass(frozen=True)
class Request:
    """What is asked of a night.

    Attributes:
        as_of: the day it plans for (T1).
        only: TEMPLATE/SCHEDULE to plan alone, or None for all.
        is_rehearsal: show what would happen, and undo it.
        delivers: whether mails leave.
        whom: the relations to plan and compose for, where not for all.
    """

    as_of: date
    only: str | None = None
    is_rehearsal: bool = False
    delivers: bool = True
    whom: Choice = EVERYBODY


@dataclass
class Figures:
    """What a night did, as `relance run --json` prints it."""

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
    report: str | None = None
    tasks: list[dict[str, Any]] | None = None
    mails: list[dict[str, Any]] | None = None
    blocked_relations: list[str] = field(default_factory=list)

    @property
    def dropped(self) -> dict[str, int]:
        """Mails that will not be sent, by reason, wherever that was found out."""
        return dict(sorted((Counter(self.composed.dropped) + Counter(self.delivered.dropped)).items()))

    def to_json(self) -> dict[str, Any]:
        """The contract's object."""
        messages = {
            "created": self.composed.created,
            "sent": self.delivered.sent,
            "held": self.delivered.held,
            "deferred": self.deferred,
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
            "undelivered": self.delivered.problem,
            "report": self.report,
        }
        return figures | ({"tasks": self.tasks, "mails": self.mails} if self.dry_run else {})


def run_night(settings: Settings, store: Store, request: Request, usher: Usher[Any] = walk_in) -> Figures:
    """One whole run, from the lock to the report.

    A second run while one is under way does nothing and says `already_running` (P9).

    Raises:
        GateStopped: the feed is not believed; nothing was written (Q3).
        SettingsError: the request or the transport cannot be served as the home stands.
    """
    rules = rules_of(settings.templates.values(), request.only)
    if request.only and not rules:
        raise SettingsError(f"There is no schedule {request.only}; there are {', '.join(_names(settings))}.")
    try:
        lock = store.lock().acquire()
    except LockTaken:
        return Figures(as_of=request.as_of, dry_run=request.is_rehearsal, status="already_running")
    rehearsal = store.rehearsal() if request.is_rehearsal else nullcontext()
    with lock, post_of(settings, request.is_rehearsal) as post, rehearsal, _ledger(store, request) as figures:
        preview = Preview.begin(store) if request.is_rehearsal else None
        _walk(settings, store, request, figures, post, usher)
        if preview is not None:
            figures.tasks, figures.mails = preview.end(store)
        return figures


def _walk(settings: Settings, store: Store, request: Request, figures: Figures, post: Post, usher: Usher[Any]) -> None:
    """The rooms, in order."""
    as_of, templates = request.as_of, settings.templates
    rules = rules_of(templates.values(), request.only)

    nightly = [source for source in settings.sources.values() if source.nightly]
    if nightly:
        pulled = usher(pull_sources)(settings, store, nightly, as_of)
        figures.pulled = [imported.admission.to_json() for imported in pulled]
    relations = usher(extract_relations)(store)
    judged: list[Any] = []
    findings = usher(validate)(relations, "relations", "relation_id", judged.append)
    set_aside = set_aside_ids(findings)
    figures.read = {"relations": len(relations)}
    figures.quarantined = count_quarantined(store) + len(set_aside)
    check_feed(FeedFigures("relations", len(relations), len(set_aside), last_good_read(store)), settings.firm.gate)
    del relations

    note_seen(store, as_of)
    settled = usher(settle)(store, rules, settings.workdays)
    figures.closed = apply_settlement(store, settled, as_of) + close_mended(store, as_of)
    among = None if request.whom == EVERYBODY else frozenset(choose_relations(store, request.whom)[0])
    planned = usher(plan)(store, rules, settings.workdays, as_of, set_aside, among=among)
    figures.skipped = _by_reason(planned)
    blocked = planned.loc[planned["reason"].isin(list(BLOCKING)), "relation_id"]
    figures.blocked, figures.blocked_relations = len(blocked), sorted(set(blocked))
    due, language = planned.loc[planned["reason"].isna()], settings.firm.language
    figures.created = usher(materialise)(store, due, templates, as_of, language)

    too_late = settings.firm.mail.too_late_days
    figures.composed = usher(compose)(
        store, settings.renderer, templates, settings.quiet, too_late, as_of, request.only, among=among
    )
    if request.delivers:
        figures.delivered = usher(deliver)(store, post, templates, as_of, now, claim=uuid.uuid4().hex)
        figures.closed += close_finished(store, templates, as_of)
    figures.deferred = count_deferred(store)
    if not request.is_rehearsal:
        upcoming = plan_again(store, rules, settings.workdays, as_of, planned, set_aside, among)
        run = _run_of(settings, request, figures, among)
        evidence = Evidence(settings.firm, templates, figures.to_json(), planned, findings, upcoming, run, judged)
        figures.report = str(usher(write_report)(store, evidence, settings.reports, as_of))


def _run_of(settings: Settings, request: Request, figures: Figures, among: frozenset[str] | None) -> Run:
    """The run as its report notes it. A run for a day to come forgets nothing that today would keep."""
    assert figures.run_id is not None
    last = min(request.as_of, settings.today())
    keep_from = last - timedelta(days=settings.firm.reports.keep_days)
    return Run(figures.run_id, request.only, among, keep_from)


def _by_reason(planned: pd.DataFrame) -> dict[str, int]:
    return {str(k): int(v) for k, v in planned["reason"].value_counts().sort_index().items()}


def _names(settings: Settings) -> list[str]:
    return [f"{r.template.template}/{r.schedule.key}" for r in rules_of(settings.templates.values())]


@contextmanager
def _ledger(store: Store, request: Request) -> Iterator[Figures]:
    """A row in the table of runs, whatever becomes of this one."""
    is_whole = request.only is None and request.whom == EVERYBODY
    figures = Figures(as_of=request.as_of, dry_run=request.is_rehearsal, is_whole=is_whole)
    started: datetime = now()
    figures.run_id = begin_run(store, request.as_of, started)
    try:
        yield figures
    except BaseException as error:
        end_run(store, figures.run_id, "failed", now(), problem=str(error))
        raise
    said = json.dumps(figures.to_json() | {"tasks": None, "mails": None})
    end_run(store, figures.run_id, "done", now(), figures.read["relations"], said)
