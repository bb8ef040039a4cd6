"""Reads every source file: chooses the reader by the ending of its name and checks the content's signature.

May touch: files. Tests: tests/unit/intake/test_awkward_files.py.
"""

import gzip
import hashlib
import io
import stat
import zlib
from collections.abc import Collection
from pathlib import Path

from tasks.domain.definitions.profile import QUOTE
from tasks.intake.readers.archive import only_file
from tasks.intake.readers.delimited import Format, read_delimited
from tasks.intake.readers.raw_file import CUT_OFF, RawFile, UnreadableFile, raw_file
from tasks.intake.readers.stated_format import fitting
from tasks.intake.readers.workbook import read_workbook

WORKBOOK, COMPRESSED, ARCHIVE = ".xlsx", ".gz", ".zip"
UNFINISHED_STARTS = ("~$", ".~lock.")  # files that Excel and LibreOffice create next to an open file
UNFINISHED_ENDS = (".part", ".tmp", ".crdownload")
OTHER_WORKBOOKS = (".xls", ".xlsb", ".xlsm", ".xltx", ".ods", ".fods", ".numbers")
OTHERS = (".7z", ".rar", ".pdf", ".doc", ".docx", ".xml", ".json", ".html", ".htm", ".xlsx.gz")
# What a file really is, by its first bytes.
SIGNATURES = {
    b"PK\x03\x04": "a workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old or protected workbook",
    b"\x1f\x8b": "compressed by gzip",
    b"%PDF": "a PDF document",
}
MOST_BYTES = 4 << 30  # a compressed file may unpack to a thousand times its size
BYTES_A_PIECE = 1 << 24
SAVE_AS = "Save it as .xlsx, or as CSV UTF-8."


def read_file(
    path: Path,
    encoding: str = "utf-8-sig",
    separator: str = ",",
    header: int = 1,
    sheet: str | None = None,
    *,
    quote: str = QUOTE,
    escape: str | None = None,
    titles: Collection[str] = (),
) -> RawFile:
    """Read a whole file; the arguments are those of `read_bytes`."""
    _check_name(path.name, path.name)
    data = bytes_of(path)
    return read_bytes(path.name, data, encoding, separator, header, sheet, quote=quote, escape=escape, titles=titles)


def read_bytes(
    name: str,
    data: bytes,
    encoding: str = "utf-8-sig",
    separator: str = ",",
    header: int = 1,
    sheet: str | None = None,
    *,
    quote: str = QUOTE,
    escape: str | None = None,
    titles: Collection[str] = (),
) -> RawFile:
    """Read the bytes of a file: .xlsx, or delimited text (.csv, .txt, .tsv, or one of these as .gz or in a .zip).

    Args:
        name: the file's; its ending says what it is.
        data: its bytes.
        encoding: of its text; the default accepts UTF-8 with or without a byte order mark, `auto` detects it.
        separator: between cells of text; `auto` detects it.
        header: the number of the record, or of the sheet's row, that holds the titles; anything before it is skipped.
        quote: the character around cells of text.
        escape: the character that takes the meaning from the next one; by default a quote is written twice.
        sheet: of a workbook; by default the active one, or the first that is not hidden.
        titles: what the header should have. With them, an encoding that does not fit the bytes, or a separator or
            quote under which titles are missing, is exchanged for one that fits, and told; without, all is believed.

    Raises:
        UnreadableFile: the file is absent, empty, incomplete, in another format or encoding, or has no header there;
            the message names the file, the row, and what to do, and quotes no cell.
    """
    _check_name(name, name)
    sha256 = hashlib.sha256(data).hexdigest()
    kind = name.lower()
    if kind.endswith(ARCHIVE):
        inside, data = only_file(name, data)
        _check_name(inside, f"{name} ({inside})")
        kind = inside.lower()
        if kind.endswith((ARCHIVE, COMPRESSED)):
            raise UnreadableFile(f"{name}: it holds {inside!r}, which is compressed once more. Unpack it first.")
    if kind.endswith(WORKBOOK):
        return raw_file(name, sha256, read_workbook(name, data, header, sheet))
    data = _unpacked(name, data) if kind.endswith(COMPRESSED) else data
    _check_signature(name, data)
    shape = Format(separator, quote, escape)
    text, shape, told = fitting(name, data, encoding, shape, header=header, titles=titles)
    records = read_delimited(name, text, shape, header)
    return raw_file(name, sha256, records, text.encoding, (*told, *text.doubts))


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, equal to `RawFile.sha256`.

    Raises:
        UnreadableFile: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read: {error.strerror}.") from None


def _check_name(name: str, shown: str) -> None:
    lower = name.lower()
    if lower.startswith(UNFINISHED_STARTS) or lower.endswith(UNFINISHED_ENDS):
        raise UnreadableFile(
            f"{shown}: it looks like an incomplete download. Import it under its own name when it is complete."
        )
    if lower.endswith(OTHER_WORKBOOKS):
        raise UnreadableFile(f"{shown}: workbooks of this kind are not read. Open it in a spreadsheet. {SAVE_AS}")
    if lower.endswith(OTHERS):
        raise UnreadableFile(f"{shown}: files of this kind are not read. {SAVE_AS}")


def bytes_of(path: Path) -> bytes:
    """The bytes of a file that nobody is writing.

    Raises:
        UnreadableFile: it is absent, or changes while it is read.
    """
    try:
        before = path.stat()
        data = path.read_bytes()
        after = path.stat()
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read: {error.strerror}.") from None
    is_same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if stat.S_ISREG(before.st_mode) and not (is_same and len(data) == after.st_size):
        raise UnreadableFile(
            f"{path.name}: it is still being written, and changed while it was read. "
            "Import it again when it is complete."
        )
    return data


def _unpacked(name: str, data: bytes) -> bytes:
    pieces = []
    size = 0
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            while piece := packed.read(BYTES_A_PIECE):
                pieces.append(piece)
                size += len(piece)
                if size > MOST_BYTES:
                    raise UnreadableFile(f"{name}: unpacked it is larger than {MOST_BYTES >> 30} GB. Split the export.")
    except EOFError:
        raise UnreadableFile(f"{name}: the compressed file ends too early: {CUT_OFF}") from None
    except (gzip.BadGzipFile, zlib.error):
        raise UnreadableFile(
            f"{name}: it is not compressed by gzip, or is damaged. Compress it again, or import it without .gz."
        ) from None
    return b"".join(pieces)


def _check_signature(name: str, data: bytes) -> None:
    found = [what for start, what in SIGNATURES.items() if data.startswith(start)]
    if found:
        raise UnreadableFile(f"{name}: it is no text but {found[0]}. Give it the ending it should have. {SAVE_AS}")
