"""Does one work of the desk, in a process of its own: a rehearsal, a run, a preview, an import, an undo.

May touch: flows/home, flows/jobs. Tests: tests/integration/desk/test_desk_works.py.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from functools import partial, wraps
from hashlib import file_digest
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from flows.home.clock import now
from flows.home.settings import Settings
from flows.home.works import folder_of, holding, note_progress
from flows.jobs.imports import run_import, run_undo
from flows.jobs.night import NightOptions, run_night
from sql.store import Store
from tasks.desk.works import (
    DONE,
    FAILED,
    IMPORT,
    PREVIEW,
    REHEARSAL,
    RUN,
    UNDO,
    Work,
    WorkError,
    end_work,
    find_work,
)
from tasks.domain.errors import RelanceError
from tasks.domain.intake.preview_shares import count_shares
from tasks.intake.gate_and_write import ImportOptions, ImportReport
from tasks.rows import plain_rows

P = ParamSpec("P")
T = TypeVar("T")
MOST_SHOWN = 200  # tasks, mails, problems
ROWS_SHOWN = 10


def do_work(settings: Settings, store: Store, work_id: int) -> None:
    """Do the work with this number, and note how it ended.

    Raises:
        WorkError: there is no such work.
    """
    with holding(settings.home, work_id):
        with store.begin(only_reads=True) as connection:
            work = find_work(connection, work_id)
        if work is None:
            raise WorkError(f"There is no work {work_id}.")
        try:
            ended: dict[str, Any] = {"status": DONE, "result": WORKS[work.kind](settings, store, work)}
        except RelanceError as error:
            # Words that name a file name the one that was uploaded, not where it lies.
            words = str(error).replace(f"{folder_of(settings.home, work_id)}/", "")
            ended = {"status": FAILED, "problem": words}
        with store.begin() as connection:
            end_work(connection, work_id, now=now(), **ended)


def _night(settings: Settings, store: Store, work: Work) -> dict[str, Any]:
    is_rehearsal = work.kind == REHEARSAL
    options = NightOptions(
        date.fromisoformat(work.options["as_of"]),
        work.options.get("schedule"),
        is_rehearsal=is_rehearsal,
        texts=MOST_SHOWN if is_rehearsal else 0,
    )
    figures = run_night(settings, store, options, partial(_noted, settings.home, work.work_id)).to_json()
    if figures["status"] == "already_running":
        raise WorkError("Another run is under way; this one did nothing.")
    shown = {name: figures[name] for name in ("tasks", "mails") if name in figures}
    counts = {f"{name}_count": len(rows) for name, rows in shown.items()}
    return figures | counts | {name: rows[:MOST_SHOWN] for name, rows in shown.items()} | {"report": None}


def _noted(home: Path, work_id: int, stage: Callable[P, T]) -> Callable[P, T]:
    """A stage of the night, with a line when it is done."""

    @wraps(stage)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        started = time.monotonic()
        result = stage(*args, **kwargs)
        note_progress(home, work_id, f"{stage.__name__} {time.monotonic() - started:.1f}")
        return result

    return run


def _import(settings: Settings, store: Store, work: Work) -> dict[str, Any]:
    options = work.options
    path = folder_of(settings.home, options["of_work"] or work.work_id) / options["file"]
    if not path.is_file():
        raise WorkError("The file is gone: uploads are kept for a day. Upload it again.")
    with path.open("rb") as file:
        if file_digest(file, "sha256").hexdigest() != options["sha256"]:
            raise WorkError("The file is not the one of the preview. Upload it again.")
    terms = ImportOptions(is_preview=work.kind == PREVIEW, notifies=bool(options.get("notifies")))
    as_of = date.fromisoformat(options["as_of"])
    return _told(run_import(settings, store, options["kind"], path, options["mapping"], as_of, terms))


def _told(report: ImportReport) -> dict[str, Any]:
    """An import's figures and findings, and of a preview its first rows and problems."""
    mails = report.admission.mails
    told: dict[str, Any] = {
        "figures": report.admission.to_json(),
        "findings": report.details["findings"][:MOST_SHOWN],
        "doubts": report.details.get("doubts", []),
        "people": None if mails is None else mails.people,
        "closed": report.closed,
    }
    if report.rows is None or report.out is None:
        return told
    problems = report.out.rename(columns={"column_name": "column"})
    columns = ["source_row", "row_id", "column", "reason", "problem"]
    return told | {
        "shares": asdict(count_shares(report.rows)),
        "rows": plain_rows(report.rows.head(ROWS_SHOWN)),
        "problems": plain_rows(problems[columns].head(MOST_SHOWN)),
        "problems_count": len(problems),
    }


def _undo(settings: Settings, store: Store, work: Work) -> dict[str, Any]:
    return run_undo(settings, store, int(work.options["import_id"])).to_json()


WORKS: Mapping[str, Callable[[Settings, Store, Work], dict[str, Any]]] = {
    REHEARSAL: _night,
    RUN: _night,
    PREVIEW: _import,
    IMPORT: _import,
    UNDO: _undo,
}
