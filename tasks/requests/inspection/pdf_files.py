"""PDF files: they open, have pages, and end where they say; what may run in them is noted.

May touch: the file. Tests: tests/integration/requests/inspection/test_hostile_files.py.
"""

import mmap
import re
import zipfile
from pathlib import Path
from typing import Any

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from tasks.domain.requests.files import RefusedFile

MOST_PAGES = 3_000
MOST_NODES = 20_000
# What one stream, and all streams of objects together, may unpack to.
LARGEST_STREAM, MOST_UNPACKED = 20_000_000, 60_000_000
# Readers look for the end mark in the last part; a download may have added blanks.
TAIL, START, END = 2048, b"startxref", b"%%EOF"


# Any letter of a name may be written as its number: /Launch is /L#61unch.
NUMBERED_LETTER, MOST_NUMBERED = re.compile(rb"#([4-7][0-9A-Fa-f])"), 100_000
NOTED = {
    "pdf_has_script": b"/JavaScript",
    "pdf_has_launch": b"/Launch",
    "pdf_has_files": b"/EmbeddedFile",
}


def examine_pdf(path: Path) -> tuple[tuple[str, ...], bool, int | None]:
    """Check a PDF; returns notes, whether it is locked by a password, and its number of pages, None if locked.

    Raises:
        RefusedFile: it is damaged or incomplete, a ZIP at the same time, or too large to examine.
    """
    if zipfile.is_zipfile(path):
        raise RefusedFile("is_two_types", kind="pdf", other="archive")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        tail = _tail(content)
        if END not in tail or START not in tail:
            raise RefusedFile("not_readable", kind="pdf")
        notes = _noted(content)
    try:
        reader = _opened(path)
        if reader is None:
            return tuple(sorted(notes)), True, None
        notes |= _noted_in_streams(reader)
        return tuple(sorted(notes)), False, _count_pages(reader)
    except (RefusedFile, MemoryError):
        raise
    except Exception as error:  # the reader raises whatever it likes on damaged files
        raise RefusedFile("not_readable", kind="pdf") from error


def _tail(content: mmap.mmap) -> bytes:
    """The last bytes of a file, without the blanks and NUL bytes that end it."""
    return content[-4 * TAIL :].rstrip(b"\x00 \t\r\n\f")[-TAIL:]


def _noted(content: bytes | mmap.mmap) -> set[str]:
    plain, numbered = NUMBERED_LETTER.subn(_letter, content, count=MOST_NUMBERED)
    if numbered == MOST_NUMBERED:
        raise RefusedFile("too_long_to_examine")
    return {note for note, name in NOTED.items() if name in plain}


def _letter(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found.group(1).decode())


def _opened(path: Path) -> pypdf.PdfReader | None:
    """The reader; None if the file needs a password. Banks lock many files against printing only: those open."""
    pypdf.apply_configuration(
        pypdf.Configuration(
            array_based_stream_maximum_output_length=LARGEST_STREAM,
            lzw_maximum_output_length=LARGEST_STREAM,
            run_length_maximum_output_length=LARGEST_STREAM,
            zlib_maximum_output_length=LARGEST_STREAM,
            stream_decoding_work_maximum_length=2 * MOST_UNPACKED,
        )
    )
    reader = pypdf.PdfReader(path, strict=False, root_object_recovery_limit=1_000, xref_stream_maximum_entries=500_000)
    if not reader.is_encrypted:
        return reader
    try:
        is_open = bool(reader.decrypt(""))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a cipher that is not known here is locked to us
        return None
    return reader if is_open else None


def _noted_in_streams(reader: pypdf.PdfReader) -> set[str]:
    """Notes from objects that are packed together in streams, where a search of the file does not see them."""
    notes: set[str] = set()
    unpacked = 0
    for number in sorted({stream for stream, _ in reader.xref_objStm.values()}):
        stream: Any = reader.get_object(IndirectObject(number, 0, reader))
        content = stream.get_data()
        unpacked += len(content)
        if unpacked > MOST_UNPACKED:
            raise RefusedFile("too_long_to_examine")
        notes |= _noted(content)
    return notes


def _count_pages(reader: pypdf.PdfReader) -> int:
    """The number of pages, counted without recursion: a tree of pages may be deep, or lead back to itself."""
    root: Any = reader.trailer["/Root"].get_object()
    waiting: list[Any] = [root.raw_get("/Pages")]
    seen: set[int] = set()
    pages = nodes = 0
    while waiting:
        nodes += 1
        node = waiting.pop()
        if isinstance(node, IndirectObject):
            if node.idnum in seen:
                raise RefusedFile("not_readable", kind="pdf")
            seen.add(node.idnum)
            node = node.get_object()
        kids = node["/Kids"] if isinstance(node, DictionaryObject) and "/Kids" in node else None
        waiting.extend(kids if isinstance(kids, ArrayObject) else ())
        pages += kids is None and isinstance(node, DictionaryObject)
        if pages > MOST_PAGES:
            raise RefusedFile("too_many_pages", limit=MOST_PAGES)
        if nodes + len(waiting) > MOST_NODES:
            raise RefusedFile("too_long_to_examine")
    if not pages:
        raise RefusedFile("not_readable", kind="pdf")
    return pages
