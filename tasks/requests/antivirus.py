"""ClamAV: a file is streamed to its daemon, which answers with a verdict (INSTREAM, clamd(8), version 1.4).

A file counts as clean only if the daemon says so about the whole of it. May touch: the daemon's socket, the file.
Tests: tests/integration/requests/test_antivirus.py.
"""

import contextlib
import io
import re
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from tasks.domain.errors import RelanceError

CLEAN, INFECTED, UNSCANNABLE = "clean", "infected", "unscannable"
CONNECT_SECONDS, SCAN_SECONDS = 5.0, 60.0
BLOCK, LONGEST_REPLY = 1 << 16, 4096
FOUND = re.compile(r"stream: (.+) FOUND")
# What the daemon says, if it is set to, of a file that it could not look into: no virus was found.
NOT_SEEN = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
# The text by which virus scanners are tested (eicar.org), in two parts so that no scanner finds it here.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class AntivirusError(RelanceError):
    """The daemon is away, or set up so that files would not be scanned."""


@dataclass(frozen=True)
class ScanResult:
    """A verdict.

    Attributes:
        state: clean, infected or unscannable.
        signature: what was found, if infected; why there is no verdict, if unscannable.
        is_away: the daemon did not answer, so it may be asked again.
    """

    state: str
    signature: str = ""
    is_away: bool = field(default=False, compare=False)


def scan_file(address: str, path: Path, *, seconds: float = SCAN_SECONDS) -> ScanResult:
    """Let the daemon scan a file; whatever goes wrong means that the file is not scanned.

    Args:
        address: unix:///PATH or tcp://HOST:PORT.
        path: the file.
        seconds: for the whole scan.
    """
    with path.open("rb") as file:
        return _scan(address, file, seconds)


def _scan(address: str, file: BinaryIO, seconds: float) -> ScanResult:
    try:
        with _connected(address, seconds) as connection:
            return _verdict(_stream(connection, file, monotonic() + seconds))
    except (OSError, ValueError) as error:
        return ScanResult(UNSCANNABLE, f"no answer from ClamAV: {error or type(error).__name__}", is_away=True)


def _verdict(reply: str) -> ScanResult:
    if reply == "stream: OK":
        return ScanResult(CLEAN)
    found = FOUND.fullmatch(reply)
    if found is None or found.group(1).startswith(NOT_SEEN):
        return ScanResult(UNSCANNABLE, found.group(1) if found else reply or "an empty answer")
    return ScanResult(INFECTED, found.group(1))


@contextlib.contextmanager
def _connected(address: str, seconds: float) -> Iterator[socket.socket]:
    kind, _, place = address.partition("://")
    if kind == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    elif kind == "tcp":
        connection = socket.socket(socket.AF_INET6 if place.startswith("[") else socket.AF_INET, socket.SOCK_STREAM)
    else:
        raise ValueError(f"{address} is neither unix:///PATH nor tcp://HOST:PORT")
    with connection:
        connection.settimeout(min(CONNECT_SECONDS, seconds))
        host, _, port = place.rpartition(":")
        connection.connect(place if kind == "unix" else (host.strip("[]"), int(port)))
        yield connection


def _stream(connection: socket.socket, file: BinaryIO, until: float) -> str:
    """Send a file in blocks, each after its length; the daemon may answer before the end, and then hangs up."""
    with contextlib.suppress(ConnectionError):
        connection.sendall(b"zINSTREAM\0")
        while block := file.read(BLOCK):
            _wait_at_most(connection, until)
            connection.sendall(len(block).to_bytes(4, "big") + block)
        connection.sendall(bytes(4))
    return _reply(connection, until)


def _reply(connection: socket.socket, until: float) -> str:
    reply = b""
    while not reply.endswith(b"\0") and len(reply) < LONGEST_REPLY:
        _wait_at_most(connection, until)
        part = connection.recv(LONGEST_REPLY)
        if not part:
            raise ConnectionError("it hung up")
        reply += part
    return reply.removesuffix(b"\0").decode(errors="replace").strip()


def _wait_at_most(connection: socket.socket, until: float) -> None:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError("it takes too long")
    connection.settimeout(left)


def check_clamd(address: str, max_bytes: int) -> str:
    """Check that the daemon answers, finds the test text, and looks into a file of the greatest size.

    Over MaxFileSize or MaxScanSize it says OK without having looked, unless AlertExceedsMax is set: therefore the test
    text is looked for in an archive of that size.

    Args:
        address: unix:///PATH or tcp://HOST:PORT.
        max_bytes: the greatest size of an upload.

    Returns:
        What is in order, in one sentence.

    Raises:
        AntivirusError: something is not; the text says what to set.
    """
    _ping(address)
    found = _scan(address, io.BytesIO(EICAR), SCAN_SECONDS)
    if found.state != INFECTED:
        raise AntivirusError(f"ClamAV at {address} does not find the EICAR test text ({_said(found)}); run freshclam.")
    large = _scan(address, _archive(max_bytes), SCAN_SECONDS)
    if large.state != INFECTED:
        raise AntivirusError(
            f"ClamAV at {address} does not look into a file of {max_bytes:,} bytes ({_said(large)}); in clamd.conf set "
            f"StreamMaxLength and MaxFileSize to at least that, MaxScanSize to four times as much, AlertExceedsMax yes."
        )
    return f"ClamAV answers, finds the test text, and looks into files of {max_bytes:,} bytes"


def _said(result: ScanResult) -> str:
    return result.signature or f"it says {result.state}"


def _ping(address: str) -> None:
    try:
        with _connected(address, CONNECT_SECONDS) as connection:
            connection.sendall(b"zPING\0")
            reply = _reply(connection, monotonic() + CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise AntivirusError(f"ClamAV at {address} does not answer ({error}); start clamd, or correct clamd.") from None
    if reply != "PONG":
        raise AntivirusError(f"What listens at {address} is not ClamAV: it answers {reply[:40]!r}.")


def _archive(size: int) -> io.BytesIO:
    """A ZIP of that size, not compressed, with the test text after a filler."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("filler", bytes(max(0, size - 512)))
        archive.writestr("eicar.com", EICAR)
    made.seek(0)
    return made
