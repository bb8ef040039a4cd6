"""Files to send through an import: each from the seed and its number alone."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from tasks.domain.definitions.profile import AUTO, Profile
from tasks.intake.readers.raw_file import UnreadableFile
from tasks.intake.readers.read_file import read_file
from tests.fuzz.spoil import spoil_bytes, spoil_cells, spoil_gzip, spoil_workbook
from tests.fuzz.tables import Table, canonical_table, profile_table

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"  # other products' exports, where they are at hand
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le")
LEFT_WHOLE, AS_WORKBOOK, COMPRESSED = 0.08, 0.12, 0.06
CHANGES = (1, 1, 2, 3)


@dataclass(frozen=True)
class File:
    """One file: its name, its bytes, and what it is imported as."""

    name: str
    data: bytes
    kind: str
    profile: Profile | None
    is_whole: bool


@dataclass(frozen=True)
class Real:
    """A real export and the profile that reads it."""

    path: Path
    profile: Profile


def real_exports(profiles: Sequence[Profile]) -> list[Real]:
    """The real exports that a profile's titles fit."""
    found = []
    for path in sorted(REAL.glob("*/**/*.*")):
        try:
            titles = set(read_file(path, AUTO, AUTO).columns)
        except UnreadableFile:
            continue
        found += [Real(path, one) for one in profiles if {t for r in one.rules.values() for t in r.titles} <= titles]
    return found


def make_file(seed: int, number: int, profiles: Sequence[Profile], real: Sequence[Real]) -> File:
    """A file, most often spoiled."""
    random = Random(f"{seed}/{number}")
    changes = 0 if random.random() < LEFT_WHOLE else random.choice(CHANGES)
    if real and random.random() < 0.3:
        one = random.choice(real)
        data = one.path.read_bytes()
        for _ in range(changes):
            data = spoil_bytes(random, data)
        return File(f"f{number}.csv", data, one.profile.kind or "", one.profile, not changes)
    table = profile_table(random, random.choice(profiles)) if random.random() < 0.5 else canonical_table(random)
    in_cells = sum(random.random() < 0.7 for _ in range(changes))
    for _ in range(in_cells):
        spoil_cells(random, table.cells)
    ending, data = _written(random, table)
    for _ in range(changes - in_cells):
        data = spoil_workbook(random, data) if ending == ".xlsx" else spoil_bytes(random, data)
        if ending == ".xlsx":
            break  # once is enough to break a zip archive
    if ending != ".xlsx" and random.random() < COMPRESSED:
        ending, data = ending + ".gz", spoil_gzip(random, data)
        changes += 1
    is_formula = ending == ".xlsx" and any(cell.startswith("=") for row in table.cells for cell in row)
    return File(f"f{number}{ending}", data, table.kind, table.profile, not changes and not is_formula)


def _written(random: Random, table: Table) -> tuple[str, bytes]:
    if random.random() < AS_WORKBOOK:
        return ".xlsx", _workbook(random, table.cells)
    is_auto = table.profile is not None and table.profile.encoding == AUTO
    encoding = random.choice(ENCODINGS) if is_auto else random.choice(ENCODINGS[:2])
    separator = random.choice(",;\t|") if table.profile is not None and table.profile.separator == AUTO else ","
    end = random.choice(("\n", "\r\n", "\r\n"))
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=separator, lineterminator=end, quoting=random.choice((0, 1)))
    writer.writerows(table.cells)
    mark = f"sep={separator}{end}" if separator != "," and random.random() < 0.1 else ""
    text = mark + held.getvalue()
    return random.choice((".csv", ".csv", ".txt", ".TSV")), text.encode(encoding, errors="replace")


def _workbook(random: Random, cells: Sequence[Sequence[str]]) -> bytes:
    book = Workbook(write_only=random.random() < 0.5)
    sheet = book.active or book.create_sheet()
    for row in cells:
        sheet.append([_typed(random, ILLEGAL_CHARACTERS_RE.sub("", cell)) for cell in row])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _typed(random: Random, cell: str) -> str | int | date | None:
    """As a spreadsheet would keep what looks like a number or a day, now and then."""
    if random.random() < 0.5:
        return cell or None
    try:
        return int(cell) if len(cell) < 15 else cell
    except ValueError:
        pass
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return cell or None
