"""Reads what a browser sends: forms, and files that are written to disk as they come and counted on the way (D5).

Nothing that is larger than announced, or than may be, is kept. A form without files is at most a few kilobytes.
May touch: starlette, python-multipart, the home's documents/. Tests: tests/integration/web/test_page_uploads.py.
"""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

MOST_FORM_BYTES = 64 * 1024
MOST_FIELDS = 400  # a form that invites has a box for each person of the firm
MOST_FILES = 20
MOST_REQUEST_BYTES = 200 * 1024 * 1024
INCOMING = "incoming"


class UnreadableForm(Exception):
    """A body that is not what a form sends."""


@dataclass(frozen=True)
class ReceivedFile:
    """A file as it came, on disk under a random name until it is examined.

    `is_too_large`: it was longer than a file may be; nothing of it is kept.
    """

    path: Path
    name: str
    size: int
    sha256: str
    is_too_large: bool = False


@dataclass
class Form:
    """The fields of a form, and its files."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[ReceivedFile] = field(default_factory=list)

    def discard(self) -> None:
        """Remove the files that were not taken."""
        for file in self.files:
            file.path.unlink(missing_ok=True)


async def read_fields(request: Request) -> Form:
    """A form without files.

    Raises:
        UnreadableForm: it is too long, or not a form.
    """
    found: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_FORM_BYTES:
            raise UnreadableForm
        found.append(piece)
    try:
        pairs = parse_qsl(b"".join(found).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise UnreadableForm from None
    return Form(dict(pairs))


async def read_form(request: Request, documents: Path, most_bytes: int) -> Form:
    """A form with or without files; files are in the home's documents/ and synced to disk.

    Raises:
        UnreadableForm: it is not a form, or has too many parts.
        OSError: a file cannot be written.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        return await read_fields(request)
    form = Form()
    parts = _Parts(form, documents, most_bytes)
    total = 0
    try:
        parser = MultipartParser(options.get(b"boundary", b""), parts.callbacks())
        async for piece in request.stream():
            total += len(piece)
            parts.check_total(total)
            parser.write(piece)
        parser.finalize()
        await run_in_threadpool(parts.finish)
    except MultipartParseError:
        parts.abandon()
        raise UnreadableForm from None
    except BaseException:
        parts.abandon()
        raise
    return form


async def read_file(pieces: AsyncIterator[bytes], name: str, documents: Path, most_bytes: int) -> ReceivedFile:
    """A body that is one file.

    Raises:
        OSError: it cannot be written.
    """
    writing = _Writing(documents, name, most_bytes)
    try:
        async for piece in pieces:
            writing.write(piece)
            if writing.is_too_large:
                break
        return await run_in_threadpool(writing.finish)
    except BaseException:
        writing.abandon()
        raise


class _Writing:
    """One file that is being written."""

    def __init__(self, documents: Path, name: str, most_bytes: int) -> None:
        folder = documents / INCOMING
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / f"{secrets.token_hex(16)}.part"
        self.name = name
        self.is_too_large = False
        self._most, self._size, self._digest = most_bytes, 0, sha256()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")

    def write(self, piece: bytes) -> None:
        """Write one more piece, unless the file is too large already."""
        self._size += len(piece)
        if self._size > self._most:
            self.is_too_large = True
            self._file.truncate(0)
            return
        self._digest.update(piece)
        self._file.write(piece)

    def finish(self) -> ReceivedFile:
        """The file, synced to disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return ReceivedFile(self.path, self.name, self._size, self._digest.hexdigest(), self.is_too_large)

    def abandon(self) -> None:
        """Remove what was written."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class _Parts:
    """The parts of a multipart body as they come."""

    def __init__(self, form: Form, documents: Path, most_bytes: int) -> None:
        self._form, self._documents, self._most = form, documents, most_bytes
        self._header: tuple[bytes, bytes] = (b"", b"")
        self._name = ""
        self._text = b""
        self._writing: _Writing | None = None
        self._done: list[_Writing] = []
        self._parts = 0

    def callbacks(self) -> Any:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._add_to_header(data[start:end], b""),
            "on_header_value": lambda data, start, end: self._add_to_header(b"", data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self._add(data[start:end]),
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_FIELDS + MOST_FILES:
            raise UnreadableForm
        self._name, self._text, self._writing, self._header = "", b"", None, (b"", b"")

    def _add_to_header(self, name: bytes, value: bytes) -> None:
        self._header = (self._header[0] + name, self._header[1] + value)
        if sum(map(len, self._header)) > MOST_FORM_BYTES:
            raise UnreadableForm

    def _end_header(self) -> None:
        name, value = self._header
        self._header = (b"", b"")
        if name.lower() != b"content-disposition":
            return
        _, options = parse_options_header(value)
        self._name = options.get(b"name", b"").decode(errors="replace")
        if (file_name := options.get(b"filename")) is not None and file_name:
            if len(self._done) >= MOST_FILES:
                raise UnreadableForm
            self._writing = _Writing(self._documents, file_name.decode(errors="replace"), self._most)
            self._done.append(self._writing)

    def _add(self, piece: bytes) -> None:
        if self._writing is not None:
            self._writing.write(piece)
        elif len(self._text) + len(piece) > MOST_FORM_BYTES:
            raise UnreadableForm
        else:
            self._text += piece

    def _end(self) -> None:
        if self._writing is None and self._name and self._name != "file":
            self._form.fields[self._name] = self._text.decode(errors="replace")

    def check_total(self, size: int) -> None:
        """Check that a body is not longer than all its files may be together."""
        if size > MOST_REQUEST_BYTES:
            raise UnreadableForm

    def finish(self) -> None:
        """Sync the files to disk."""
        self._form.files = [writing.finish() for writing in self._done]

    def abandon(self) -> None:
        """Remove what was written."""
        for writing in self._done:
            writing.abandon()
