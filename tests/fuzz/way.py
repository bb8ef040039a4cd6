"""The whole way of an import up to the database, and what must hold at its end.

Great Expectations takes a third of a second for a frame of any size. So each file goes its way twice: once with a
judge that finds no fault and notes what it was asked, and again with the answers, which many files get together.
"""

import csv
import io
import signal
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pandas as pd

from flows import importing
from flows.settings import Settings
from sql.store import Store
from tasks import validate
from tasks.csv_files import RawFile, UnreadableFile, read_file
from tasks.domain import canonical
from tasks.domain.gate import FeedFigures, GateStopped, check_feed
from tasks.domain.yaml_models import DefinitionError
from tasks.sources.raw import TITLE, is_blank
from tests.fuzz.files import File

DOCUMENTED = (UnreadableFile, canonical.ShapeError, GateStopped, DefinitionError)
ASK_GREAT_EXPECTATIONS = validate._judge
Answers = list[pd.Series | None]


class Hangs(BaseException):
    """A file takes longer than it may; no `except Exception` on the way holds it up."""


@dataclass(frozen=True)
class Asked:
    """A question to the judge: a frame, its suite's name, and the expectations."""

    frame: pd.DataFrame
    name: str
    expectations: list[dict[str, Any]]

    @property
    def shape(self) -> tuple[str, str]:
        """Questions of one shape can be asked together."""
        return self.name, repr((list(self.frame.dtypes.astype(str).items()), self.expectations))


@dataclass
class Passage:
    """One file's way: where it came to, and what was wrong with that."""

    file: File
    raw: RawFile | None = None
    refused: str = ""
    admitted: int = 0
    quarantined: int = 0
    asked: list[Asked] = field(default_factory=list)
    answers: list[Answers] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise Hangs after that time."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def go(passage: Passage, folder: Path, settings: Settings, store: Store, seconds: float) -> None:
    """Send a file its way, with the answers there are; what breaks is a problem."""
    path = folder / passage.file.name
    path.write_bytes(passage.file.data)
    answers = iter(passage.answers)

    def answer(frame: pd.DataFrame, name: str, expectations: list[dict[str, Any]]) -> Answers:
        if not passage.answers:
            passage.asked.append(Asked(frame, name, expectations))
            return [None] * len(expectations)
        return next(answers)

    validate._judge = answer
    try:
        with at_most(seconds):
            _import(passage, path, settings, store)
    except DOCUMENTED as error:
        passage.refused = type(error).__name__
        passage.problems += quoted(str(error), passage)
    except Hangs:
        passage.problems.append(f"hangs for more than {seconds:g} s")
    except Exception as error:  # noqa: BLE001 - that is the prey
        passage.problems.append(f"{type(error).__name__}: {str(error)[:200]} {_where(error)}")
    finally:
        validate._judge = ASK_GREAT_EXPECTATIONS
        path.unlink()


def _import(passage: Passage, path: Path, settings: Settings, store: Store) -> None:
    """What run_import does before it writes."""
    profile, kind = passage.file.profile, canonical.KINDS[passage.file.kind]
    how = (profile.encoding, profile.separator) if profile else ()
    passage.raw = raw = read_file(path, *how)
    rows = importing._canonical_rows(raw, kind, profile)
    judged = importing._judge(settings, store, rows, raw, kind)
    passage.problems += [*_counted(raw, passage.file), *_accounted(raw, judged.typed, judged.out)]
    passage.quarantined = len(judged.out)
    passage.admitted = raw.read - passage.quarantined
    check_feed(FeedFigures(raw.name, raw.read, len(judged.out)), settings.firm.gate)


def _counted(raw: RawFile, file: File) -> list[str]:
    """Whether every record that is not blank is a row or a ragged row, by an independent reading of text."""
    if raw.encoding is None or raw.separator is None or file.name.endswith(".gz"):
        return []
    text = file.data.decode(raw.encoding).removeprefix("\ufeff").removesuffix("\x1a")
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=raw.separator))
    filled = {number for number, cells in enumerate(records, start=1) if not is_blank(cells)}
    filled -= set(range(1, raw.preamble + 2))
    read = [*raw.rows["source_row"], *raw.ragged["source_row"]]
    return [] if sorted(read) == sorted(filled) else [f"{len(read)} records read, {len(filled)} in the file"]


def _accounted(raw: RawFile, typed: pd.DataFrame, out: pd.DataFrame) -> list[str]:
    """Whether each source row is either in or quarantined (Q1)."""
    read = [*raw.rows["source_row"], *raw.ragged["source_row"]]
    rows_in = typed.loc[~typed["source_row"].isin(out["source_row"]), "source_row"]
    if sorted([*rows_in, *out["source_row"]]) == sorted(read) and len(set(read)) == len(read):
        return []
    return [f"{len(read)} read, {len(rows_in)} in, {len(out)} quarantined"]


def quoted(message: str, passage: Passage) -> list[str]:
    """Whether an error quotes more of a file than a title has."""
    data = passage.file.data
    text = data.decode(passage.raw.encoding if passage.raw and passage.raw.encoding else "utf-8", errors="replace")
    message = message.replace("\\\\", "\\")  # as a quoted title has them
    for start in range(len(message) - TITLE):
        piece = message[start : start + TITLE + 1]
        if piece in text:
            return [f"its message quotes the file: {len(message):,} characters"]
    return []


def answer_all(passages: Sequence[Passage]) -> None:
    """Ask Great Expectations about many files together, and give each its own answers."""
    together: Mapping[tuple[str, str], list[Asked]] = defaultdict(list)
    for passage in passages:
        for asked in passage.asked:
            together[asked.shape].append(asked)
    answers: dict[int, Answers] = {}
    for group in together.values():
        whole = pd.concat([asked.frame for asked in group], ignore_index=True)
        masks = ASK_GREAT_EXPECTATIONS(whole, group[0].name, group[0].expectations)
        start = 0
        for asked in group:
            end = start + len(asked.frame)
            answers[id(asked)] = [_part(mask, start, end, asked.frame.index) for mask in masks]
            start = end
    for passage in passages:
        passage.answers = [answers[id(asked)] for asked in passage.asked]
        passage.asked = []


def _part(mask: pd.Series | None, start: int, end: int, index: pd.Index) -> pd.Series | None:
    if mask is None or not mask.iloc[start:end].any():
        return None
    return pd.Series(mask.iloc[start:end].to_numpy(), index=index)


def _where(error: BaseException) -> str:
    """The innermost line of ours that it came through."""
    ours, trace = "", error.__traceback__
    while trace:
        name = trace.tb_frame.f_code.co_filename
        if "/tasks/" in name or "/flows/" in name or "/sql/" in name:
            ours = f"at {Path(name).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return ours
