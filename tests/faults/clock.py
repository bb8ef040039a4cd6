"""The instant that a scenario's processes share: it stands still until somebody turns it."""

import fcntl
import mmap
import os
import struct
from datetime import UTC, datetime
from pathlib import Path

SECONDS = struct.Struct("d")


class SharedClock:
    """Seconds since 1970 in a file that is mapped into this process and into those forked from it."""

    def __init__(self, path: Path, instant: datetime) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.ftruncate(self._file, SECONDS.size)
        self._map = mmap.mmap(self._file, SECONDS.size)
        SECONDS.pack_into(self._map, 0, instant.timestamp())

    def __call__(self) -> datetime:
        """The instant, UTC."""
        return datetime.fromtimestamp(SECONDS.unpack_from(self._map)[0], UTC)

    def turn(self, seconds: float) -> None:
        """Move it forward; whoever is killed in this lets go of the lock."""
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        SECONDS.pack_into(self._map, 0, SECONDS.unpack_from(self._map)[0] + seconds)
        fcntl.lockf(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()
        os.close(self._file)
