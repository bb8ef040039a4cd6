"""The directory of a ZIP container, checked before anything in it is unpacked.

A container is taken only in its plainest form: one directory at the end, entries one after another from the first byte,
each of which unpacks to the size that the directory says. Whatever else a ZIP can be is a bomb, or two types at once.
May touch: the file. Tests: tests/integration/requests/inspection/test_hostile_files.py.
"""

import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from tasks.domain.requests.files import RefusedFile

MOST_ENTRIES = 5_000
MOST_UNPACKED = 200_000_000
# Sheets of a workbook shrink to a thirtieth; below this size the ratio does no harm.
MOST_RATIO, RATIO_FROM = 120, 5_000_000
MOST_DIRECTORY = 2_000_000
LONGEST_PART = 1_000_000
END, END_SIZE, LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
END_FIELDS = struct.Struct("<HLLH")
LOCAL_HEADER = struct.Struct("<4sHHHHHLLLHH")
IS_ENCRYPTED = 0x1
BLOCK = 1 << 16
# Between two entries there is at most what repeats the sizes of the first.
LONGEST_GAP = 24
Entries = dict[str, zipfile.ZipInfo]


class DamagedZip(Exception):
    """A ZIP that is not in its plainest form."""


def read_zip_directory(path: Path) -> Entries:
    """The entries by name.

    Raises:
        RefusedFile: it has too many entries, or unpacks to too much.
        DamagedZip: its directory does not say where everything is.
    """
    try:
        with path.open("rb") as file:
            _check_end(file, path.stat().st_size)
            entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise DamagedZip from error
    found = {entry.orig_filename: entry for entry in entries}
    if len(found) != len(entries):
        raise DamagedZip
    _check_sizes(entries)
    return found


def _check_end(file: BinaryIO, size: int) -> int:
    """Where the directory starts, if it is not too long and ends the file."""
    tail_at = max(0, size - END_SIZE - LONGEST_COMMENT)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or at + END_SIZE > len(tail):
        raise DamagedZip
    entries, length, start, comment = END_FIELDS.unpack_from(tail, at + 10)
    if entries > MOST_ENTRIES or length > MOST_DIRECTORY:
        raise RefusedFile("is_archive_bomb")
    if start + length != tail_at + at or at + END_SIZE + comment != len(tail):
        raise DamagedZip
    return int(start)


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    is_dense = unpacked > RATIO_FROM and unpacked > MOST_RATIO * max(packed, 1)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or is_dense:
        raise RefusedFile("is_archive_bomb")


def check_entries(path: Path, entries: Entries) -> None:
    """Check that entries follow one another, and unpack to what the directory says; what is unpacked is not kept.

    Raises:
        RefusedFile: an entry unpacks to more than it says, or shares its bytes with another.
        DamagedZip: an entry is not where it should be, or does not unpack.
    """
    end = 0
    with path.open("rb") as file:
        for entry in sorted(entries.values(), key=lambda one: one.header_offset):
            if entry.header_offset < end:
                raise RefusedFile("is_archive_bomb")
            if entry.header_offset - end > (LONGEST_GAP if end else 0):
                raise DamagedZip
            start = _start_of(file, entry)
            end = start + entry.compress_size
            _check_entry(file, start, entry)
        if _check_end(file, path.stat().st_size) - end > LONGEST_GAP:
            raise DamagedZip


def _start_of(file: BinaryIO, entry: zipfile.ZipInfo) -> int:
    file.seek(entry.header_offset)
    header = file.read(LOCAL_HEADER.size)
    if len(header) < LOCAL_HEADER.size:
        raise DamagedZip
    mark, _, flags, method, *_, name_length, extra_length = LOCAL_HEADER.unpack(header)
    encoding = "utf-8" if entry.flag_bits & 0x800 else "cp437"
    name = file.read(name_length).decode(encoding, errors="replace")
    if mark != b"PK\x03\x04" or method != entry.compress_type or name != entry.orig_filename:
        raise DamagedZip
    if (flags | entry.flag_bits) & IS_ENCRYPTED:
        raise DamagedZip
    return int(entry.header_offset + LOCAL_HEADER.size + name_length + extra_length)


def _check_entry(file: BinaryIO, start: int, entry: zipfile.ZipInfo) -> None:
    file.seek(start)
    if entry.compress_type == zipfile.ZIP_STORED:
        if entry.compress_size != entry.file_size:
            raise DamagedZip
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise DamagedZip
    if _unpacked_size(file, entry) != entry.file_size:
        raise DamagedZip


def _unpacked_size(file: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """How many bytes an entry unpacks to; stops as soon as they are more than it says."""
    left, size = entry.compress_size, 0
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    pending = b""
    while not unpacking.eof:
        if not pending:
            pending = file.read(min(left, BLOCK))
            left -= len(pending)
        try:
            made = unpacking.decompress(pending, BLOCK * 16)
        except zlib.error as error:
            raise DamagedZip from error
        pending = unpacking.unconsumed_tail
        size += len(made)
        if size > entry.file_size:
            raise RefusedFile("is_archive_bomb")
        if not made and not pending and not left and not unpacking.eof:
            raise DamagedZip
    return size


def read_part(path: Path, entry: zipfile.ZipInfo) -> bytes:
    """A small entry of a checked container.

    Raises:
        DamagedZip: it is not small, or not whole.
    """
    if entry.file_size > LONGEST_PART:
        raise DamagedZip
    try:
        with zipfile.ZipFile(path) as opened:
            return opened.read(entry)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, zlib.error) as error:
        raise DamagedZip from error
