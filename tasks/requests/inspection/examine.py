"""Examine one file that a client sent, in a process of its own with limits of time, memory and disk.

A decoder that crashes, hangs or is taken over does so in that process; here it is a refusal in words.
May touch: the file's folder, processes. Tests: tests/integration/requests/inspection/test_limits.py.
"""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.domain.requests.files import (
    KINDS,
    NOTES,
    REFUSALS,
    RefusedFile,
    accepted_kinds,
    clean_name,
    ending_of,
    name_for,
)

MOST_SECONDS = 10.0
LONGEST_RESULT = 64_000
# In a wheel the packages are below relance/; flows/__main__.py puts the same folder on sys.path.
IMPORT_ROOT = Path(__file__).resolve().parents[3]
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from tasks.requests.inspection.child import main; main(sys.argv[2])"
)
ENDED_BY_LIMIT = (signal.SIGXCPU, signal.SIGKILL, signal.SIGXFSZ)


@dataclass(frozen=True)
class Inspected:
    """A file that may be kept.

    Attributes:
        kind: what it was sent as, by its content, one of KINDS.
        kept_kind: what it is kept as: pictures of types that browsers do not show become jpeg or pdf.
        name: its clean name, with an ending of what is kept.
        path: the file to keep: the given one, or a new one in the folder, synced, for its owner only.
        is_unscannable: it is locked by a password, so no scan sees into it.
        notes: what staff should know, of NOTES.
        pages: of a PDF or picture; None where there are none, or they cannot be counted.
        used: what the examination took: `memory` in bytes at its peak, `seconds` of the processor.
    """

    kind: str
    kept_kind: str
    name: str
    path: Path
    is_unscannable: bool
    notes: tuple[str, ...]
    pages: int | None
    used: Mapping[str, float]


def inspect_file(path: Path, name: str, accept: Sequence[str], *, folder: Path) -> Inspected:
    """Examine a file.

    Args:
        path: the file as it was received; it is not changed.
        name: as the client's device wrote it.
        accept: of the item, types or name endings; empty for all types.
        folder: where a picture is written that is encoded again.

    Raises:
        RefusedFile: it is not taken; the code says why.
    """
    _check_given(path)
    clean = clean_name(name)
    ending = ending_of(clean)
    with _target(folder) as target:
        task = {"do": "inspect", "path": str(path.absolute()), "target": str(target.absolute())}
        result = _run(task | {"ending": ending, "accept": list(accept)}, accepted_kinds(accept))
        return _inspected(result, clean, path, target)


def combine_pictures(paths: Sequence[Path], name: str, *, folder: Path) -> Inspected:
    """Put photographs into one PDF, in the order given, each on a page of its own.

    Args:
        paths: pictures of any accepted type.
        name: of the new file; its ending becomes .pdf.
        folder: where the PDF is written.

    Raises:
        RefusedFile: one of them is no picture, or damaged, or together they are too large.
        ValueError: there is no path.
    """
    if not paths:
        raise ValueError("no picture to combine")
    for path in paths:
        _check_given(path)
    with _target(folder) as target:
        task = {"do": "combine", "paths": [str(path.absolute()) for path in paths], "target": str(target.absolute())}
        result = _run(task, ("pdf",))
        return _inspected(result, clean_name(name), target, target)


def _check_given(path: Path) -> None:
    if not path.is_file():
        raise RefusedFile("not_readable", kind="unknown")
    if path.stat().st_size == 0:
        raise RefusedFile("empty")


@contextlib.contextmanager
def _target(folder: Path) -> Iterator[Path]:
    """An empty file for its owner only; it is removed if it stays empty or the examination fails."""
    target = folder / f"{secrets.token_hex(16)}.part"
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield target
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    if target.stat().st_size == 0:
        target.unlink()


def _run(task: Mapping[str, Any], kinds: Sequence[str]) -> Mapping[str, Any]:
    """The result of one task, checked: a process that was taken over may have written anything."""
    command = [sys.executable, "-I", "-c", PROGRAM, str(IMPORT_ROOT), json.dumps(task)]
    with tempfile.TemporaryFile() as output:
        ended = _wait(command, output.fileno())
        output.seek(0)
        written = output.read(LONGEST_RESULT + 1)
    if ended is None or -ended in ENDED_BY_LIMIT:
        raise RefusedFile("too_long_to_examine")
    try:
        result: Any = json.loads(written) if ended == 0 else None
        if _is_refusal(result):
            raise RefusedFile(result["refused"], **result["details"])
        if _is_result(result, kinds):
            return dict(result)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise RefusedFile("not_readable", kind="unknown")


def _wait(command: Sequence[str], output: int) -> int | None:
    """Run a command; returns its exit code, None if it took too long."""
    environment = {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, with arguments that no shell reads
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        start_new_session=True,
    )
    try:
        return process.wait(MOST_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _is_refusal(result: Any) -> bool:
    return isinstance(result, dict) and result.get("refused") in REFUSALS


def _is_result(result: Any, kinds: Sequence[str]) -> bool:
    return (
        isinstance(result, dict)
        and result["found"] in KINDS
        and result["kept"] in KINDS
        and bool({result["found"], result["kept"]} & set(kinds))
        and all(note in NOTES for note in result["notes"])
        and isinstance(result["is_unscannable"], bool)
        and (result["pages"] is None or isinstance(result["pages"], int))
        and isinstance(result["used"], dict)
    )


def _inspected(result: Mapping[str, Any], name: str, given: Path, target: Path) -> Inspected:
    is_new = bool(result.get("is_new"))
    if is_new:
        _sync(target)
    return Inspected(
        kind=result["found"],
        kept_kind=result["kept"],
        name=name_for(name, result["kept"]),
        path=target if is_new else given,
        is_unscannable=result["is_unscannable"],
        notes=tuple(result["notes"]),
        pages=result["pages"],
        used=result["used"],
    )


def _sync(target: Path) -> None:
    with target.open("rb") as file:
        if target.stat().st_size == 0:
            raise RefusedFile("not_readable", kind="unknown")
        os.fsync(file.fileno())
