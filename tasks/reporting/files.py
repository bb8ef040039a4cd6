"""The report's files: each run's in a folder of its own, and each day's latest; old ones are removed by their date.

    reports/report-DAY.html, report-DAY.json, to-mend-DAY.csv     the day's latest
    reports/runs/DAY-run-N/                                       the same of run N, and its data-docs/index.html

Each file is written under a temporary name and renamed, so that nobody reads an incomplete one. Nothing else in
reports/ is touched.
May touch: one folder. Tests: tests/integration/reporting/test_runs_kept.py.
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.domain.errors import RelanceError
from tasks.files import write_csv
from tasks.reporting.data_docs import FOLDER as DOCS
from tasks.reporting.data_docs import PAGE as DOCS_PAGE
from tasks.rows import plain_rows

ROWS_A_CHUNK = 50_000
RUNS = "runs"
DAY = r"(\d{4}-\d{2}-\d{2})"
OF_A_DAY = re.compile(rf"(?:report-{DAY}\.(?:html|json)|to-mend-{DAY}\.csv)")
OF_A_RUN = re.compile(rf"{DAY}-run-\d+")


class ReportError(RelanceError):
    """The report cannot be written; the message says where and what to do."""


@dataclass(frozen=True)
class Written:
    """The report that was written.

    Attributes:
        page: the path of the day's page.
        data: the report's figures (tasks/reporting/figures.py).
    """

    page: Path
    data: Mapping[str, Any]


def write_files(
    folder: Path,
    as_of: date,
    run_id: int | None,
    render: Callable[[str], str],
    to_correct: pd.DataFrame,
    data: Mapping[str, Any],
    docs: str | None,
) -> Written:
    """Write a report as the day's latest and, for a run, into the run's own folder.

    Args:
        folder: the firm's reports.
        as_of: the date of the report.
        run_id: the run's id; None for a report between runs, which is only written as the day's latest.
        render: renders the page, given the relative path to the run's folder ('' from inside it).
        to_correct: every relation with data to correct.
        data: the figures.
        docs: Great Expectations' own page, or None.

    Raises:
        ReportError: the folder cannot be written.
    """
    own = f"{RUNS}/{as_of}-run-{run_id}/"
    try:
        listed = _write_list(folder / f"to-mend-{as_of}.csv", to_correct)
        if run_id is not None:
            # Copied, not rendered again: the list may have a million rows.
            _write(folder / own / listed.name, listed)
            _write_one(folder / own, as_of, render(""), data)
            if docs is not None:
                _write(folder / own / DOCS / DOCS_PAGE, docs)
        page = _write_one(folder, as_of, render(own), data)
    except OSError as error:
        raise ReportError(
            f"{folder}: the report cannot be written: {error.strerror}. The rest of the run is done; correct the "
            "folder, then `relance report`."
        ) from None
    return Written(page, data)


def link_of(place: str, docs: str | None) -> str | None:
    """The link to Great Expectations' page, where `place` is the relative path to the run's folder."""
    return None if docs is None else f"{place}{DOCS}/{DOCS_PAGE}"


def _write_one(folder: Path, as_of: date, page: str, data: Mapping[str, Any]) -> Path:
    _write(folder / f"report-{as_of}.json", json.dumps(data, ensure_ascii=False, indent=2) + "\n")
    return _write(folder / f"report-{as_of}.html", page)


def _write_list(path: Path, to_correct: pd.DataFrame) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        chunks = (to_correct.iloc[start : start + ROWS_A_CHUNK] for start in range(0, len(to_correct), ROWS_A_CHUNK))
        write_csv(file, (row for chunk in chunks for row in plain_rows(chunk)), list(to_correct.columns))
    return unfinished.replace(path)


def _write(path: Path, what: str | Path) -> Path:
    """Write a text, or a copy of another file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    if isinstance(what, Path):
        shutil.copyfile(what, unfinished)
    else:
        unfinished.write_text(what, encoding="utf-8")
    return unfinished.replace(path)


def prune_reports(folder: Path, keep_from: date) -> None:
    """Remove reports dated before `keep_from`, and only files that Relance wrote.

    Raises:
        ReportError: a file cannot be removed.
    """
    try:
        _prune_days(folder, keep_from)
        for own in (folder / RUNS).glob("*-run-*"):
            if own.is_dir() and not own.is_symlink() and _is_old(OF_A_RUN.fullmatch(own.name), keep_from):
                _prune_run(own, keep_from)
    except OSError as error:
        raise ReportError(
            f"{folder}: an old report cannot be removed: {error.strerror}. Check its permissions."
        ) from None


def _prune_days(folder: Path, keep_from: date) -> None:
    for path in folder.iterdir():
        if path.is_file() and _is_old(OF_A_DAY.fullmatch(path.name), keep_from):
            path.unlink()


def _prune_run(own: Path, keep_from: date) -> None:
    """Remove a run's files, then its folders if no other files are left in them."""
    _prune_days(own, keep_from)
    docs = own / DOCS
    if not docs.is_symlink():
        (docs / DOCS_PAGE).unlink(missing_ok=True)
    for folder in (docs, own):
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()


def _is_old(named: re.Match[str] | None, keep_from: date) -> bool:
    """Whether a name matches one of our files and its date is before `keep_from`."""
    if named is None:
        return False
    try:
        return date.fromisoformat(next(day for day in named.groups() if day)) < keep_from
    except ValueError:
        return False
