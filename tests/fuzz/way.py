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

from flows.home.settings import Settings
from flows.jobs.imports import read_source
from sql.store import Store
from tasks import validation as validate
from tasks.domain.definitions import kinds as canonical
from tasks.domain.definitions.yaml_models import DefinitionError
from tasks.domain.intake.gate import FeedFigures, GateStopped, check_feed
from tasks.intake.check import CheckedFile, check_file
from tasks.intake.readers.raw_file import TITLE, RawFile, UnreadableFile, is_blank
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

    def answer(frame: pd.DataFrame, name: str, expectations: list[dict[str, Any]]) -> validate.Judgement:
        if not passage.answers:
            passage.asked.append(Asked(frame, name, expectations))
            return validate.Judgement([None] * len(expectations), None)
        return validate.Judgement(next(answers), None)

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
    kind = canonical.KINDS[passage.file.kind]
    passage.raw = raw = read_source(path, passage.file.profile, kind)
    judged = check_file(settings, store, kind, passage.file.profile, raw)
    passage.problems += [*_counted(raw, passage.file), *_accounted(raw, judged)]
    passage.quarantined = len(judged.out)
    passage.admitted = raw.read - passage.quarantined - judged.reshaped.left_out
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


def _accounted(raw: RawFile, judged: CheckedFile) -> list[str]:
    """Whether each source row is in, quarantined, a repetition, or left out by its profile (Q1)."""
    read = {*raw.rows["source_row"], *raw.ragged["source_row"]}
    out = set(judged.out["source_row"])
    rows_in = set(judged.typed["source_row"]) - out
    others = judged.repeated + judged.reshaped.left_out
    if len(read) == raw.read == len(rows_in) + len(out) + others and rows_in | out <= read:
        return []
    return [f"{raw.read} read, {len(rows_in)} in, {len(out)} quarantined, {others} repeated or left out"]


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
        masks = ASK_GREAT_EXPECTATIONS(whole, group[0].name, group[0].expectations).masks
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
