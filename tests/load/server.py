"""`relance web` in a process of its own, for a measurement."""

import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BEGUN_WITHIN = 60


class serve:  # noqa: N801 - reads as a verb
    """The page's own process."""

    def __init__(self, home: Path) -> None:
        self._log = home / "web.log"
        command = [sys.executable, "-m", "flows", "web", "--port", "0", "--home", str(home)]
        self._process = subprocess.Popen(command, cwd=ROOT, stderr=self._log.open("wb"))

    def __enter__(self) -> tuple[subprocess.Popen[bytes], str]:
        until = time.monotonic() + BEGUN_WITHIN
        while not (found := re.search(rb"served at (http://\S+)", self._log.read_bytes())):
            assert time.monotonic() < until, self._log.read_text()
            time.sleep(0.1)
        return self._process, found[1].decode()

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
