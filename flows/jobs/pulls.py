"""Pulls from the firm's databases, which go through the same stages as an imported file.

May touch: tasks/intake/, tasks/domain/, sql/store.py. Tests: tests/integration/intake/test_pull.py.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from flows.home.clock import now
from flows.home.errors import SettingsError
from flows.home.settings import Settings
from flows.jobs.activities import after_saves
from flows.jobs.imports import mapping_of
from sql.store import Store
from tasks.domain.definitions import kinds as canonical
from tasks.domain.definitions.source import Source
from tasks.intake.check import check_file
from tasks.intake.gate_and_write import AS_USUAL, ImportOptions, ImportReport, write_checked
from tasks.intake.query import read_query, url_of


def run_pull(
    settings: Settings, store: Store, name: str | None, as_of: date, terms: ImportOptions = AS_USUAL
) -> list[ImportReport]:
    """Pull from one source, or from all of them.

    Raises:
        SettingsError: there is no such source.
        SourceError, ShapeError, GateStopped: nothing was written; the message says why.
    """
    if name is not None and name not in settings.sources:
        known = ", ".join(sorted(settings.sources)) or "none"
        raise SettingsError(f"There is no source {name!r} in {settings.home / 'sources'}; there are: {known}.")
    chosen = [source for key, source in settings.sources.items() if name in (None, key)]
    with store.writing():
        return pull_sources(settings, store, chosen, as_of, terms)


def pull_sources(
    settings: Settings, store: Store, sources: Iterable[Source], as_of: date, terms: ImportOptions = AS_USUAL
) -> list[ImportReport]:
    """Run every pull of the sources, in order; all succeed or nothing is written (Q3). The caller holds the lock."""
    with store.rehearsal() if terms.is_preview else store.together():
        return [
            _pull(settings, store, source, position, as_of, terms)
            for source in sources
            for position in range(len(source.pulls))
        ]


def _pull(
    settings: Settings, store: Store, source: Source, position: int, as_of: date, terms: ImportOptions
) -> ImportReport:
    pull = source.pulls[position]
    sql = (settings.home / "sources" / pull.query).read_text(encoding="utf-8-sig")
    raw = read_query(source, url_of(source, settings.home), pull.query, sql)
    mapping = mapping_of(settings, pull.kind, pull.mapping)
    judged = check_file(settings, store, canonical.KINDS[pull.kind], mapping, raw)
    return write_checked(
        settings,
        store,
        judged,
        as_of=as_of,
        terms=replace(terms, is_full=pull.full),
        now=now(),
        after=after_saves(settings, pull.kind),
    )
