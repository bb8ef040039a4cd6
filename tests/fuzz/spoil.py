"""Spoiling: what happens to files on their way, to their cells first and to their bytes last."""

import codecs
import gzip
import io
import zipfile
from collections.abc import Callable
from random import Random

Cells = list[list[str]]
NASTY = (
    "", " ", "\u00a0", "\t", '"', '""', "'", ",", ";", "\n", "\r\n", "\r", "\0", "\x1a", "\x07", "\ufeff", "\u2028",
    "=cmd|' /C calc'!A0", "-1", "1e400", "NaN", "None", "null", "#N/A", "nan", "45000", "46,5", "TRUE", "0" * 400,
    "31/02/2026", "2026-02-31", "0000-00-00", "9999-12-31", "0001-01-01", "99999-01-01", "2026-12-01T25:00",
    "É" * 70, "x" * 300, "a@b@c", "é@x.example", "source_row", "name", "𝄞", "e\u0301", "\u202egpj.exe", "<script>",
)  # fmt: skip
PIECES = [b'"', b'""', b",", b";", b"\t", b"|", b"\n", b"\r\n", b"\r", b"\n\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe",
          b"\x1a", b"\xe9", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x00\x00\x00\x00", b"sep=;\n", b"\\", b" "]  # fmt: skip
HUGE = (70_000, 1_100_000, 10_000_000)


def spoil_cells(random: Random, cells: Cells) -> None:
    """One change to a table, in place."""
    random.choice(CELL_CHANGES)(random, cells)


def spoil_bytes(random: Random, data: bytes) -> bytes:
    """One change to a file."""
    return random.choice(BYTE_CHANGES)(random, data)


def spoil_gzip(random: Random, data: bytes) -> bytes:
    """What befalls a compressed file: cut, damaged, twice compressed, not at all, something behind it."""
    packed = gzip.compress(data, mtime=0)
    return random.choice(
        (
            packed,
            packed[: random.randrange(len(packed))],
            _flip(random, packed),
            data,
            packed + packed,
            packed + random.randbytes(5),
            gzip.compress(packed, mtime=0),
        )
    )


def spoil_workbook(random: Random, data: bytes) -> bytes:
    """What befalls a workbook: cut, damaged, or written by a program that knows the format by halves."""
    if random.random() < 0.4:
        return random.choice((_flip, _cut, _repeat, _insert))(random, data)
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        spoiled = random.choice([name for name in names if "sheet" in name or "workbook" in name or "styles" in name])
        for name in names:
            part = old.read(name)
            if name == spoiled and random.random() < 0.1:
                continue
            new.writestr(name, _spoil_xml(random, part) if name == spoiled else part)
    return held.getvalue()


def _spoil_xml(random: Random, xml: bytes) -> bytes:
    words = {
        b'r="2"': b'r="3"',
        b'r="B': b'r="XFD',
        b't="n"': b't="s"',
        b't="s"': b't="n"',
        b"<v>": b"<f>1+1</f><v>",
        b"<v>1": b"<v>-9e99",
    }
    words |= {
        b't="inlineStr"': b't="b"',
        b"visible": b"hidden",
        b"<row": b'<row s="99"',
        b' s="': b' s="9',
        b"</v>": b"</v",
        b"sheetId": b"x",
    }
    there = [word for word in words if word in xml]
    if there and random.random() < 0.8:
        word = random.choice(there)
        return xml.replace(word, words[word], random.choice((1, -1)))
    return random.choice((_flip, _cut, _repeat))(random, xml)


def _nasty_cell(random: Random, cells: Cells) -> None:
    row = random.choice(cells[random.random() < 0.9 and len(cells) > 1 :])
    if row:
        row[random.randrange(len(row))] = random.choice(NASTY)


def _huge_cell(random: Random, cells: Cells) -> None:
    if random.random() < 0.1:
        row = random.choice(cells)
        if row:
            row[random.randrange(len(row))] = random.choice(("x", "é", '"', "\n")) * random.choice(HUGE)


def _wrong_width(random: Random, cells: Cells) -> None:
    row = random.choice(cells)
    if row and random.random() < 0.5:
        row.pop(random.randrange(len(row)))
    else:
        row.insert(random.randint(0, len(row)), random.choice(NASTY))


def _rows_about(random: Random, cells: Cells) -> None:
    some = list(random.choice(cells))
    change = random.randrange(4)
    if change == 0:
        cells.insert(random.randint(0, len(cells)), some)
    elif change == 1:
        cells.insert(random.randint(0, len(cells)), [])
    elif change == 2:
        cells.insert(random.randint(0, len(cells)), [""] * len(some))
    elif len(cells) > 1:
        cells.pop(random.randrange(len(cells)))


def _columns_about(random: Random, cells: Cells) -> None:
    width = min(map(len, cells))
    if not width:
        return
    one, other = random.randrange(width), random.randrange(width)
    change = random.randrange(3)
    for row in cells:
        if change == 0:
            row[one], row[other] = row[other], row[one]
        elif change == 1:
            row.insert(other, row[one])
        else:
            row.pop(one)


def _title_about(random: Random, cells: Cells) -> None:
    header = cells[0]
    if header:
        at = random.randrange(len(header))
        header[at] = random.choice(
            (header[at].upper(), f" {header[at]} ", header[at] + "#2", random.choice(header), "")
        )


def _place(random: Random, data: bytes) -> int:
    return random.randint(0, len(data))


def _flip(random: Random, data: bytes) -> bytes:
    at = _place(random, data)
    return data[:at] + random.randbytes(random.choice((1, 1, 2, 8))) + data[at + 1 :]


def _cut(random: Random, data: bytes) -> bytes:
    return data[: _place(random, data)]


def _lose(random: Random, data: bytes) -> bytes:
    at = _place(random, data)
    return data[:at] + data[at + random.choice((1, 2, 10, 100)) :]


def _repeat(random: Random, data: bytes) -> bytes:
    at, length = _place(random, data), random.choice((1, 10, 100, 1000))
    return data[: at + length] + data[at:]


def _insert(random: Random, data: bytes) -> bytes:
    at = random.choice((0, _place(random, data), _place(random, data), len(data)))
    return data[:at] + random.choice(PIECES) * random.choice((1, 1, 1, 2, 50)) + data[at:]


def _another_encoding(random: Random, data: bytes) -> bytes:
    """Read in one encoding, written in another; or a part of it so."""
    wrong = data.decode(random.choice(("cp1252", "latin-1", "utf-8", "cp850")), errors="replace")
    written = wrong.encode(
        random.choice(("utf-8", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-7")), errors="replace"
    )
    at = _place(random, data) if random.random() < 0.3 else 0
    return data[:at] + written


def _other_line_ends(random: Random, data: bytes) -> bytes:
    return data.replace(b"\n", random.choice((b"\r", b"\r\n", b"\n\r", b"\n\n", b"\x0b", b"\x85", b"\\n")))


def _another_mark(random: Random, data: bytes) -> bytes:
    marks = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF8 * 2)
    return random.choice(marks) + data


CELL_CHANGES: tuple[Callable[[Random, Cells], None], ...] = (
    _nasty_cell, _nasty_cell, _nasty_cell, _huge_cell, _wrong_width, _rows_about, _columns_about, _title_about,
)  # fmt: skip
BYTE_CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    _flip, _flip, _cut, _lose, _repeat, _insert, _insert, _another_encoding, _other_line_ends, _another_mark,
)  # fmt: skip
