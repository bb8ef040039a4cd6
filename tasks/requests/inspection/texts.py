"""Text files: they decode, hold no control characters, and no markup that a browser would run.

May touch: the file. Tests: tests/integration/requests/inspection/test_hostile_files.py.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from tasks.domain.requests.files import RefusedFile
from tasks.requests.inspection.signatures import has_controls, markup_in

BLOCK = 1 << 20
# Longer than any mark that is looked for across two blocks.
OVERLAP = 64
DOS_END = b"\x1a"
SCRIPT = re.compile(rb"<\?php|<%[@=!\s]", re.IGNORECASE)
# Spreadsheet programs calculate a cell that begins so.
FORMULA = re.compile(rb"(?<![^;,\t\r\n\"])[=@][A-Za-z(+\-]")


def examine_text(path: Path, kind: str) -> tuple[str, ...]:
    """Check a text; returns notes about it.

    Args:
        path: the file.
        kind: csv or txt.

    Raises:
        RefusedFile: it is not a text in UTF-8 or Windows-1252, or it is a page, a drawing or a script.
    """
    has_formulas, before = False, b""
    for block in _blocks(path):
        if has_controls(block):
            raise RefusedFile("text_not_readable")
        _refuse_markup(before + block, kind)
        has_formulas = has_formulas or (kind == "csv" and _has_formulas(before + block))
        before = block[-OVERLAP:]
    if not any(_decodes(path, encoding) for encoding in ("utf-8", "cp1252")):
        raise RefusedFile("text_not_readable")
    return ("csv_has_formulas",) if has_formulas else ()


def _has_formulas(part: bytes) -> bool:
    return (b"=" in part or b"@" in part) and FORMULA.search(part) is not None


def _refuse_markup(part: bytes, kind: str) -> None:
    if (b"<?" in part or b"<%" in part) and SCRIPT.search(part):
        raise RefusedFile("is_executable")
    if markup := markup_in(part):
        raise RefusedFile("type_differs_from_name", ending=kind, kind=markup)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            # Old programs end a text with this byte.
            yield block.removesuffix(DOS_END) if len(block) < BLOCK else block


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
