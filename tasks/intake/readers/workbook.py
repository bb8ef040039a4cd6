"""The reader for workbooks (.xlsx): every row of a sheet that is not blank, each cell as a person would write it.

Law: same bytes, same frames; a row is as wide as the header, or ragged.
May touch: openpyxl. Tests: tests/unit/intake/test_workbooks.py.
"""

import io
import itertools
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from tasks.intake.readers.number_formats import bare, shown, shown_text
from tasks.intake.readers.number_signs import NumberSigns
from tasks.intake.readers.raw_file import CUT_OFF, TITLE, Records, UnreadableFile, titles_of
from tasks.intake.readers.records import ROWS_A_CHUNK, Split

OLD_OR_PROTECTED = b"\xd0\xcf\x11\xe0"
PROTECTED = "EncryptedPackage".encode("utf-16-le")
BOOK, STRICT = "xl/workbook.xml", b"http://purl.oclc.org/ooxml/spreadsheetml/"
MOST_ROWS = 1_048_576  # the maximum of a sheet in every spreadsheet program
MOST_BYTES = 4 << 30  # a few kilobytes may unpack to any size
BYTES_A_PIECE = 1 << 20
FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
SEPARATOR = "\t"  # between the cells of a ragged row's text, as when copied from a spreadsheet
LONGEST_TAG = 64
PLAIN = ("General", "@")


def read_workbook(name: str, data: bytes, header: int, sheet: str | None) -> Records:
    """The rows of one sheet.

    Args:
        name: the file's, for messages.
        data: its bytes.
        header: the number of the row that holds the titles; blank rows in that place are skipped.
        sheet: its name; by default the active one, or the first that is not hidden.

    Raises:
        UnreadableFile: it is not a workbook, is protected or cut off, has no such sheet, or is empty.
    """
    _check(name, data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about features that openpyxl drops: colours, validations, extensions
            return _read(name, data, header, sheet)
    except UnreadableFile:
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl raises many types of error, whose messages quote cells
        raise UnreadableFile(
            f"{name}: it is damaged ({type(error).__name__}). Open it in a spreadsheet and save it again as .xlsx."
        ) from None


def _check(name: str, data: bytes) -> None:
    """Refuse a file that is not a workbook, before unpacking it."""
    if data.startswith(OLD_OR_PROTECTED):
        what = "protected by a password" if PROTECTED in data else "a workbook of the old kind (.xls)"
        raise UnreadableFile(f"{name}: it is {what}. Open it in a spreadsheet and save it as .xlsx without a password.")
    if not data:
        raise UnreadableFile(f"{name}: it is empty. Check the export.")
    if not data.startswith(b"PK"):
        raise UnreadableFile(
            f"{name}: it is no workbook, whatever its name says. If it is text, call it .csv; "
            "else open it in a spreadsheet and save it as .xlsx."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(part.file_size for part in packed.infolist())
            is_strict = BOOK in packed.namelist() and STRICT in packed.open(BOOK).read(BYTES_A_PIECE)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError):
        raise UnreadableFile(f"{name}: the workbook ends too early: {CUT_OFF}") from None
    if size > MOST_BYTES:
        raise UnreadableFile(f"{name}: unpacked it is larger than {MOST_BYTES >> 30} GB. Split the export.")
    if is_strict:
        raise UnreadableFile(
            f"{name}: it is a Strict Open XML workbook, which is not read. Open it in a spreadsheet and save it as "
            "Excel Workbook (.xlsx), not as Strict Open XML Spreadsheet."
        )


def _read(name: str, data: bytes, header: int, sheet: str | None) -> Records:
    rows = _rows(_open(name, data, sheet, data_only=True))
    titles, header_row = _header(name, rows, header)
    split = Split(len(titles), SEPARATOR, header_row + 1)
    signs = NumberSigns()
    while some := [_cells(row, split.width, signs) for row in itertools.islice(rows, ROWS_A_CHUNK)]:
        _check_rows(name, split.next_row + len(some) - 1)
        split.add(some)
    if _has_formulas(data):
        _check_formulas(name, data, sheet, header_row, titles)
    return Records(titles, header_row, split.table, split.ragged, doubts=signs.doubts(titles))


def _open(name: str, data: bytes, sheet: str | None, data_only: bool) -> Any:
    """Open the requested sheet."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=data_only, keep_links=False)
    sheets = {one.title: one for one in book.worksheets}
    if sheet is not None:
        if sheet not in sheets:
            there = ", ".join(repr(title[:TITLE]) for title in sheets)
            raise UnreadableFile(f"{name}: there is no sheet {sheet!r}; there are: {there}.")
        return sheets[sheet]
    visible = [one for one in sheets.values() if one.sheet_state == "visible"]
    if not visible:
        raise UnreadableFile(f"{name}: it has no sheet that can be seen. Name the sheet in the mapping.")
    return book.active if book.active in visible else visible[0]


def _rows(sheet: Any) -> Iterator[Sequence[Any]]:
    """Every row from the first on, ignoring the size stored in the sheet, which some programs write wrongly."""
    sheet.reset_dimensions()
    rows: Iterator[Sequence[Any]] = sheet.iter_rows()
    return rows


def _header(name: str, rows: Iterator[Sequence[Any]], header: int) -> tuple[list[str], int]:
    filled = number = 0
    for number, row in enumerate(rows, start=1):
        _check_rows(name, number)
        cells = _cells(row, 0, NumberSigns())
        filled += bool(cells)
        if number >= header and cells:
            return cells, number
    if not filled:
        raise UnreadableFile(f"{name}: the sheet is empty. Check the export, or name the sheet in the mapping.")
    raise UnreadableFile(
        f"{name}: the titles should stand in row {header:,}, and there are {number:,} rows. "
        "Check the export, or the mapping's `header`."
    )


def _check_rows(name: str, number: int) -> None:
    if number > MOST_ROWS:
        raise UnreadableFile(f"{name}: it has more than {MOST_ROWS:,} rows. Save it as CSV UTF-8.")


def _cells(row: Sequence[Any], width: int, signs: NumberSigns) -> list[str]:
    """A row's text, without trailing blank cells, but at least as wide as the header.

    Args:
        row: cells of a sheet.
        width: of the header.
        signs: collects what is seen in numbers.
    """
    cells = [_text(cell, signs) for cell in row]
    while cells and not cells[-1].strip():
        cells.pop()
    return cells + [""] * (width - len(cells))


def _text(cell: Any, signs: NumberSigns) -> str:
    """A cell as a person would write it: numbers without an exponent, dates and instants in ISO format."""
    value = cell.value
    if value is None or isinstance(value, str):
        text = (value or "").replace("_x000D_", "\r")  # how the format stores a CR in text
        if text:
            signs.note_text(text, cell.column, cell.row)
        return shown_text(text, cell.number_format) if text and cell.number_format not in PLAIN else text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        number = shown(value, cell.number_format)
        if number is None:
            signs.unsure[cell.column].note(cell.row)
        elif number == bare(value):
            signs.note_number(value, cell.column, cell.row)
        return bare(value) if number is None else number
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return _duration(value) if isinstance(value, timedelta) else str(value)


def _duration(value: timedelta) -> str:
    """Hours, minutes and seconds, as the format [h]:mm:ss displays them."""
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for part in packed.namelist():
            if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                with packed.open(part) as xml:
                    held = b""
                    while piece := xml.read(BYTES_A_PIECE):
                        if FORMULA.search(held + piece):
                            return True
                        held = piece[-LONGEST_TAG:]
    return False


def _check_formulas(name: str, data: bytes, sheet: str | None, header_row: int, titles: Sequence[str]) -> None:
    """Refuse formulas without stored results, which would be read as empty cells.

    Excel stores the result of each formula, even an empty text; other programs often leave the calculation to Excel.
    """
    formulas, values = (_rows(_open(name, data, sheet, data_only=only)) for only in (False, True))
    for number, (asked, found) in enumerate(zip(formulas, values, strict=True), start=1):
        for column, (formula, value) in enumerate(zip(asked, found, strict=False)):
            is_inside = number > header_row and column < len(titles)
            if is_inside and formula.data_type == "f" and value.value is None and value.data_type == "n":
                title = titles_of(titles)[column][:TITLE]
                raise UnreadableFile(
                    f"{name}: row {number:,}, column {title!r} holds a formula whose result was not saved. "
                    "Open it in a spreadsheet and save it again."
                )
