"""The files of the desk's works in a home: a lock that its process holds, what it has done so far, what was uploaded.

May touch: the home's works/, filelock. Tests: tests/integration/desk/test_desk_works.py.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

FOLDER = "works"


def folder_of(home: Path, work_id: int) -> Path:
    """The folder of one work; made if it is not there."""
    folder = home / FOLDER / str(work_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextmanager
def holding(home: Path, work_id: int) -> Iterator[None]:
    """Hold a work's lock; the operating system lets go of it when the process is gone."""
    with FileLock(folder_of(home, work_id) / "lock", timeout=0):
        yield


def is_held(home: Path, work_id: int) -> bool:
    """Whether a process holds a work's lock."""
    lock = FileLock(folder_of(home, work_id) / "lock", timeout=0)
    try:
        with lock:
            return False
    except Timeout:
        return True


def note_progress(home: Path, work_id: int, line: str) -> None:
    """Add a line to what a work has done."""
    with (folder_of(home, work_id) / "progress.txt").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def read_progress(home: Path, work_id: int) -> list[str]:
    """What a work has done so far."""
    file = folder_of(home, work_id) / "progress.txt"
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def remove_folder(home: Path, work_id: int) -> None:
    """Remove the files of a work."""
    shutil.rmtree(home / FOLDER / str(work_id), ignore_errors=True)
