"""Make a home by copying a shipped one.

May touch: deployments/homes, files. Tests: tests/integration/cli/test_homes.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path

HOMES = Path(__file__).resolve().parents[2] / "deployments" / "homes"
NOTHING_OF_OURS = ("*.part", "__pycache__")


def copy_home(name: str, folder: Path) -> None:
    """Copy a shipped home.

    Raises:
        SettingsError: the folder is not empty, or it cannot be written.
    """
    from flows.home.errors import SettingsError

    if folder.exists() and any(folder.iterdir()):
        raise SettingsError(f"{folder} is not empty; nothing was written. Name a new folder.")
    try:
        shutil.copytree(HOMES / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*NOTHING_OF_OURS))
        for part in ("messages", "mappings", "outbox", "reports"):
            (folder / part).mkdir(exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be written: {error.strerror}.") from None
