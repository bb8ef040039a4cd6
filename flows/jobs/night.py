"""The nightly run: the stages in order, as plain calls. Used by `relance run` and by the Prefect flow.

May touch: tasks/, sql/, the clock. Tests: tests/integration/planning/test_night.py, tests/end_to_end/.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pandas as pd

from flows.home.clock import now
from flows.home.errors import SettingsError
from flows.home.outgoing import open_outgoing
from flows.home.settings import Settings
from flows.jobs.activities import queue_activity_mails
from flows.jobs.later_scan import scan_again
from flows.jobs.night_result import NightResult
from flows.jobs.preview import Preview
from flows.jobs.providers import due_providers
from flows.jobs.pulls import pull_sources
from flows.jobs.removal import remove_past_dossiers
from flows.jobs.stages import StageRunner, run_directly, with_log
from sql.lock import LockTaken
from sql.store import Store
from tasks.domain.intake.gate import FeedFigures, check_feed
from tasks.domain.planning.update_dates import lacks_data
from tasks.domain.reasons import BLOCKING
from tasks.domain.scope import Scope
from tasks.intake.quarantine import count_quarantined
from tasks.mail.compose import compose
from tasks.mail.delivery.deliver import deliver
from tasks.mail.delivery.outgoing import Outgoing
from tasks.mail.delivery.recall import count_crossed
from tasks.mail.delivery.suppressions import close_corrected
from tasks.mail.overview import count_deferred
from tasks.planning.assignments import RelationFilter, choose_relations
from tasks.planning.candidates import extract_relations
from tasks.planning.first_seen import note_seen
from tasks.planning.materialise import materialise
from tasks.planning.plan import plan, plan_again, schedules_of
from tasks.planning.reconcile import apply_reconciliation, find_date_changes
from tasks.reporting.history import Run
from tasks.reporting.report import ReportInput, write_report
from tasks.requests.page.purge import purge_visits
from tasks.requests.recipients import choose_defaults
from tasks.runs import begin_run, end_run, last_good_read
from tasks.validation import Judgement, set_aside_ids, validate

EVERYBODY = RelationFilter()


@dataclass(frozen=True)
class NightOptions:
    """The options of a run.

    Attributes:
        as_of: the date it plans for (T1).
        schedule: the one TEMPLATE/SCHEDULE to plan, or None for all.
        is_rehearsal: show what would happen, then roll it back.
        delivers: whether messages are sent.
        relations: the relations to plan and compose for; all by default.
        texts: of how many mails a rehearsal shows the text, too.
    """

    as_of: date
    schedule: str | None = None
    is_rehearsal: bool = False
    delivers: bool = True
    relations: RelationFilter = EVERYBODY
    texts: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether it covers every schedule and relation."""
        return self.schedule is None and self.relations == EVERYBODY

    def scope(self, store: Store) -> Scope:
        """The part of the firm's work that it covers; relations are filtered by their current data."""
        chosen = None if self.relations == EVERYBODY else frozenset(choose_relations(store, self.relations)[0])
        return Scope(self.schedule, chosen)


def run_night(settings: Settings, store: Store, options: NightOptions, run: StageRunner = run_directly) -> NightResult:
    """Run one night, from taking the lock to writing the report.

    A second run while one is in progress does nothing and returns the status `already_running` (P9).

    Raises:
        GateStopped: the stored data looks broken; nothing was written (Q3).
        SettingsError: there is no such schedule, or the transport cannot be used.
    """
    rules = schedules_of(settings.templates.values(), Scope(options.schedule))
    if options.schedule and not rules:
        raise SettingsError(f"There is no schedule {options.schedule}; there are {', '.join(_names(settings))}.")
    try:
        lock = store.lock().acquire()
    except LockTaken:
        return NightResult(as_of=options.as_of, dry_run=options.is_rehearsal, status="already_running")
    rehearsal = store.rehearsal() if options.is_rehearsal else nullcontext()
    with (
        lock,
        open_outgoing(settings, store, options.is_rehearsal) as outgoing,
        rehearsal,
        _ledger(store, options) as figures,
    ):
        preview = Preview.begin(store) if options.is_rehearsal else None
        _run_stages(settings, store, options, figures, outgoing, with_log(run))
        if preview is not None:
            figures.tasks, figures.mails = preview.end(store, options.texts)
        return figures


def _run_stages(
    settings: Settings, store: Store, options: NightOptions, figures: NightResult, outgoing: Outgoing, run: StageRunner
) -> None:
    """Run the stages, in order."""
    as_of, templates = options.as_of, settings.templates
    rules = schedules_of(templates.values(), Scope(options.schedule))

    nightly = [source for source in settings.sources.values() if source.nightly]
    if nightly:
        pulled = run(pull_sources)(settings, store, nightly, as_of)
        figures.pulled = [imported.admission.to_json() for imported in pulled]
    relations = run(extract_relations)(store)
    judged: list[Judgement] = []
    findings = run(validate)(relations, "relations", "relation_id", judged.append)
    set_aside = set_aside_ids(findings)
    figures.read = {"relations": len(relations)}
    figures.quarantined = count_quarantined(store) + len(set_aside)
    check_feed(FeedFigures("relations", len(relations), len(set_aside), last_good_read(store)), settings.firm.gate)
    del relations

    note_seen(store, as_of)
    if options.is_whole:
        figures.dossiers = remove_past_dossiers(settings, store, as_of)
    changes = run(find_date_changes)(store, rules, settings.workdays)
    figures.closed = apply_reconciliation(store, changes, as_of) + close_corrected(store, as_of)
    scope = options.scope(store)
    planned = run(plan)(store, rules, workdays=settings.workdays, as_of=as_of, held=set_aside, scope=scope)
    figures.skipped = _by_reason(planned)
    blocked = planned.loc[lacks_data(planned, templates, BLOCKING), "relation_id"]
    figures.blocked, figures.blocked_relations = len(blocked), sorted(set(blocked))
    due, firm = planned.loc[planned["reason"].isna()], settings.firm
    figures.created = run(materialise)(
        store, due, templates, as_of=as_of, language=firm.language, automators=firm.automators
    )

    if not options.is_rehearsal:
        scan_again(settings, store)
        purge_visits(store, now())
    choose_defaults(store, as_of)
    figures.composed = run(compose)(store, settings.renderer, due_providers(settings), as_of=as_of, scope=scope)
    if options.delivers:
        # A dispatch that came meanwhile left it to this run (O5, V3).
        queue_activity_mails(settings, store, now(), schedules=outgoing.service is not None)
        figures.delivered = run(deliver)(store, outgoing, templates, as_of=as_of, clock=now)
        figures.closed += figures.delivered.closed
    figures.deferred = count_deferred(store)
    if not options.delivers:
        figures.delivered = replace(figures.delivered, waiting=figures.deferred)
    figures.crossed = count_crossed(store, as_of - timedelta(days=1))
    if not options.is_rehearsal:
        upcoming = plan_again(
            store, rules, planned, workdays=settings.workdays, as_of=as_of, held=set_aside, scope=scope
        )
        evidence = ReportInput(
            settings.firm,
            templates,
            figures.to_json(),
            planned,
            findings,
            upcoming,
            _run_of(settings, as_of, figures, scope),
            judged,
        )
        figures.report = str(run(write_report)(store, evidence, settings.reports, as_of).page)


def _run_of(settings: Settings, as_of: date, figures: NightResult, scope: Scope) -> Run:
    """The run as recorded with its report. A run for a future date deletes nothing that today's run would keep."""
    assert figures.run_id is not None
    last = min(as_of, settings.today())
    keep_from = last - timedelta(days=settings.firm.reports.keep_days)
    return Run(figures.run_id, scope, keep_from)


def _by_reason(planned: pd.DataFrame) -> dict[str, int]:
    return {str(k): int(v) for k, v in planned["reason"].value_counts().sort_index().items()}


def _names(settings: Settings) -> list[str]:
    return [f"{r.template.template}/{r.schedule.key}" for r in schedules_of(settings.templates.values())]


@contextmanager
def _ledger(store: Store, options: NightOptions) -> Iterator[NightResult]:
    """Record the run, including a failed one."""
    figures = NightResult(as_of=options.as_of, dry_run=options.is_rehearsal, is_whole=options.is_whole)
    started: datetime = now()
    figures.run_id = begin_run(store, options.as_of, started)
    try:
        yield figures
    except BaseException as error:
        end_run(store, figures.run_id, "failed", now(), problem=str(error))
        raise
    said = json.dumps(figures.to_json() | {"tasks": None, "mails": None})
    end_run(store, figures.run_id, "done", now(), figures.read["relations"], said)
