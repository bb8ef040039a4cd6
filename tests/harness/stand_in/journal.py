"""The stand-in's journal: one JSON object a line, written before an answer leaves. The only truth of the tests.

Kinds of line: `batch`, `accepted` (a request), `delivered`, `dropped`, `discarded` (a mail each), `scheduled_send`,
`suppression`, `unsuppression`, `event`, `clock`, `call` (every request to /v3, with what was answered).
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

Line = dict[str, Any]
MessageId = int | str | None


class Journal:
    """An append-only file; a line that a killed process left half-written is cut off at the next start."""

    def __init__(self, path: Path, fsync: bool = True) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._fsync = fsync
        self._waiting: list[bytes] = []
        self._is_owed = False
        written = path.read_bytes()
        os.ftruncate(self._file, written.rfind(b"\n") + 1)

    def add(self, kind: str, /, **values: Any) -> None:
        """A line that must be on the disk before anybody hears of it: see `commit`."""
        self.note(kind, **values)
        self._is_owed = self._fsync

    def note(self, kind: str, /, **values: Any) -> None:
        """A line that nothing depends upon."""
        self._waiting.append(orjson.dumps({"kind": kind, **values}))

    def commit(self) -> None:
        """Everything added since is in the file, and on the disk, when this returns."""
        if self._waiting:
            self._write()
        if self._is_owed:
            os.fdatasync(self._file)
            self._is_owed = False

    def _write(self) -> None:
        data = b"\n".join(self._waiting) + b"\n"
        self._waiting.clear()
        while data:
            data = data[os.write(self._file, data) :]


def lines(path: Path, *kinds: str) -> Iterator[Line]:
    """The journal's whole lines, of these kinds or of all."""
    if not path.exists():
        return
    for text in path.read_bytes().split(b"\n")[:-1]:
        line: Line = orjson.loads(text)
        if not kinds or line["kind"] in kinds:
            yield line


def deliveries(path: Path) -> Counter[MessageId]:
    """How many mails reached an inbox, by message_id (as a number where it is one; None: the mail had none)."""
    return Counter(_number(line["message_id"]) for line in lines(path, "delivered"))


def accepted(path: Path) -> Counter[MessageId]:
    """How many mails SendGrid took, by message_id; a scheduled one that was cancelled afterwards counts as well."""
    mails = (mail for line in lines(path, "accepted") for mail in line["mails"])
    return Counter(_number(mail["custom_args"].get("message_id")) for mail in mails)


def requests(path: Path) -> list[Line]:
    """The accepted requests, in order: id, at, batch_id, send_at, and mails with email, subject, custom_args."""
    return list(lines(path, "accepted"))


def calls(path: Path) -> list[Line]:
    """Every request to /v3, in order: method, path, status (None: no answer left), fault."""
    return list(lines(path, "call"))


def _number(message_id: str | None) -> MessageId:
    return int(message_id) if message_id is not None and message_id.isdecimal() else message_id
