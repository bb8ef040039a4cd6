"""Applies a mapping profile to a file's rows: canonical text columns, and a record of every corrected cell.

Law: every row comes out once or is left out; no cell changes except by the profile's rules or a recorded correction.
May touch: pandas. Tests: tests/unit/definitions/test_profile.py, tests/unit/intake/test_reshape.py.
"""

import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from tasks.domain import frames
from tasks.domain.dates.parse_dates import matches
from tasks.domain.definitions.firm import ADDRESS
from tasks.domain.definitions.kinds import KINDS, ShapeError
from tasks.domain.definitions.profile import CANONICAL, ColumnRule, Profile, composed
from tasks.domain.intake.date_cells import as_iso
from tasks.domain.intake.date_doubts import doubt_dates
from tasks.domain.intake.error_cells import is_error
from tasks.domain.intake.id_doubts import doubt_ids
from tasks.domain.intake.kept_columns import name_fields
from tasks.domain.intake.language_names import read_languages
from tasks.domain.intake.repairs import Repair, RepairBook
from tasks.domain.intake.typed_rows import trimmed
from tasks.domain.intake.unread_dates import doubt_unread

# The character added on export so that spreadsheets do not read a cell as a formula.
APOSTROPHE = r"^'(?=[=+@-])"
ONE_IN_BRACKETS = re.compile(r"[^<>@]*<\s*(?:mailto:)?([^<>\s]+)\s*>\s*")
BETWEEN_ADDRESSES = re.compile(r"[\s;,|/]+")
ASKED = "?"  # what a guessed profile has where a person must write a title
IS_ADDRESS = re.compile(ADDRESS)
LAST_THEN_FIRST = r"^([^,]+?)\s*,\s*([^,]+)$"


@dataclass(frozen=True)
class Reshaped:
    """A file's rows in the canonical shape.

    Attributes:
        rows: canonical text columns, and source_row.
        repairs: what was corrected in them.
        left_out: the number of rows that the profile leaves out.
        doubts: what a person should check, one sentence each, without a cell's text.
    """

    rows: pd.DataFrame
    repairs: list[Repair]
    left_out: int = 0
    doubts: tuple[str, ...] = ()


def as_they_are(raw: pd.DataFrame) -> Reshaped:
    """A file that has the canonical columns already: blanks around cells are removed, and error cells are empty."""
    book = RepairBook(raw["source_row"])
    columns = {title: _trim(raw[title], title, book) for title in raw.columns if title != "source_row"}
    if "language" in columns:
        columns["language"] = _as_language(columns["language"], book)
    rows, doubts = raw["source_row"], list[str]()
    for name, cells in columns.items():
        doubts += [*doubt_unread(cells, name, [], rows), *doubt_ids(cells, name, rows)]
    return Reshaped(pd.DataFrame(columns | {"source_row": raw["source_row"]}), book.repairs, doubts=tuple(doubts))


def apply_mapping(raw: pd.DataFrame, mapping: Profile, zone: ZoneInfo) -> Reshaped:
    """Build the canonical text columns from the source's.

    Args:
        raw: the source's columns as text, and source_row; one row per source row.
        mapping: the profile.
        zone: the firm's, in which dates and hours are read (T1).

    Raises:
        ShapeError: a title that the profile reads is not in the file.
    """
    missing = sorted(mapping.titles - set(raw.columns))
    if ASKED in missing:
        lines = ", ".join(f"`{name}:`" for name, rule in mapping.rules.items() if ASKED in rule.titles)
        raise ShapeError(
            f"mappings/{mapping.mapping}.yaml has {ASKED!r} in its line {lines}: write there the title of the column "
            f"that holds it, or {{constant: VALUE}}. {_titles_of(raw, mapping)}"
        )
    if missing:
        raise ShapeError(
            f"column {', '.join(map(repr, missing))} of mapping {mapping.mapping} is missing (missing or renamed at "
            f"the source). {_titles_of(raw, mapping)}"
        )
    kept = _without_left_out(raw, mapping)
    book = RepairBook(kept["source_row"])
    columns = {name: _column(kept, name, rule, mapping, zone, book) for name, rule in mapping.rules.items()}
    if mapping.keep == "all":
        others = [t for t in kept.columns if t not in mapping.titles and t != "source_row"]
        fields = name_fields(others, {*columns, *KINDS[mapping.kind or ""].columns})
        columns |= {name: _clean(kept[title], name, mapping.blanks, book) for name, title in fields.items()}
    rows = pd.DataFrame(columns | {"source_row": kept["source_row"]})
    return Reshaped(rows, book.repairs, len(raw) - len(kept), tuple(book.doubts))


def _titles_of(raw: pd.DataFrame, mapping: Profile) -> str:
    """The file's titles for a message; not quoted if none is in the profile, as they may be a client's row (Q5)."""
    if not mapping.titles & set(raw.columns):
        return f"None of its titles is in the file: is record {mapping.header} its header?"
    return f"The file has: {', '.join(repr(c[:40]) for c in raw.columns if c not in ('source_row', ''))}."


def reshape(raw: pd.DataFrame, mapping: Profile | None, zone: ZoneInfo) -> Reshaped:
    """Apply the profile, or keep the columns if there is none."""
    return as_they_are(raw) if mapping is None else apply_mapping(raw, mapping, zone)


def name_of(mapping: Profile | None) -> str:
    """The name of a shape in the ledger."""
    return CANONICAL if mapping is None else mapping.mapping


def _without_left_out(raw: pd.DataFrame, mapping: Profile) -> pd.DataFrame:
    is_out = pd.Series(False, index=raw.index)
    for title, values in mapping.leave_out.items():
        cells = trimmed(raw[composed(title)]).fillna("").str.normalize("NFC")
        is_out |= cells.isin([composed(value) for value in values])
    return raw.loc[~is_out].reset_index(drop=True) if is_out.any() else raw


def _column(
    raw: pd.DataFrame, name: str, rule: ColumnRule, mapping: Profile, zone: ZoneInfo, book: RepairBook
) -> pd.Series:
    if rule.constant is not None:
        return pd.Series(rule.constant, index=raw.index, dtype=frames.TEXT)
    blanks = [*mapping.blanks, *rule.blanks]
    found = _joined([_clean(raw[title], name, blanks, book) for title in rule.titles], rule)
    if rule.translations or rule.default is not None:
        found = _translate(found, rule)
    if rule.date_formats:
        book.doubts.extend(doubt_dates(found, rule.date_formats, raw["source_row"], name, zone))
        found = as_iso(found, name, rule.date_formats, zone, book)
    book.doubts.extend(doubt_unread(found, name, rule.date_formats, raw["source_row"]))
    book.doubts.extend(doubt_ids(found, name, raw["source_row"]))
    if name == "email":
        found = _one_address(found, name, book)
    if name == "language":
        found = _as_language(found, book)
    if rule.names == "last_first":
        found = _turned(found, name, book)
    if rule.case == "name":
        found = _as_names(found, name, book)
    prefixed: pd.Series = found.radd(rule.prefix) if rule.prefix else found
    return prefixed


def _trim(column: pd.Series, name: str, book: RepairBook) -> pd.Series:
    text = trimmed(column)
    wrong = is_error(text)
    # A cell of blanks only is an empty cell, not a corrected one.
    book.note(name, "trimmed", text.notna() & (text != column) & ~wrong)
    book.note(name, "error_cell", wrong)
    return text.mask(wrong) if wrong.any() else text


def _clean(column: pd.Series, name: str, blanks: list[str], book: RepairBook) -> pd.Series:
    text = _trim(column, name, book)
    is_blank = text.isin(blanks)
    book.note(name, "no_value", is_blank)
    text = text.mask(is_blank)
    is_quoted = text.str.contains(APOSTROPHE).fillna(False).astype(bool)
    book.note(name, "apostrophe", is_quoted)
    return text.where(~is_quoted, text.str.slice(1))


def _joined(parts: list[pd.Series], rule: ColumnRule) -> pd.Series:
    found, *others = parts
    for other in others:
        both = found.notna() & other.notna()
        joined = found + rule.join + other if rule.take != "first" else found
        found = joined.where(both, pd.NA if rule.take == "every" else found.fillna(other))
    return found.astype(frames.TEXT)


def _translate(found: pd.Series, rule: ColumnRule) -> pd.Series:
    table = {composed(value): becomes for value, becomes in rule.translations.items()}
    translated = found.fillna("").str.normalize("NFC").map(table)
    otherwise: Any = found if rule.default is None else rule.default
    return translated.astype(frames.TEXT).where(translated.notna(), otherwise)


def _one_address(found: pd.Series, name: str, book: RepairBook) -> pd.Series:
    """The address in `Name <address>`, and the first of several in a cell; other cells are unchanged."""
    odd = found.loc[found.notna() & ~matches(found, ADDRESS)]
    mended = odd.map(_address_within).astype(frames.TEXT)
    changed = mended.loc[mended != odd]
    book.note(name, "one_address", pd.Series(found.index.isin(changed.index), index=found.index))
    result = found.copy()
    result.loc[changed.index] = changed
    return result


def _address_within(cell: str) -> str:
    bracketed = ONE_IN_BRACKETS.fullmatch(cell)
    parts = [bracketed.group(1)] if bracketed else BETWEEN_ADDRESSES.split(cell.strip(" ;,|/"))
    addresses = [part.removeprefix("mailto:") for part in parts]
    # Only if every part is an address: a blank inside an address is a mistake for a person to correct.
    return addresses[0] if all(IS_ADDRESS.fullmatch(a) for a in addresses) else cell


def _as_language(found: pd.Series, book: RepairBook) -> pd.Series:
    read = read_languages(found)
    book.note("language", "language", found.notna() & (read != found))
    return read


def _turned(found: pd.Series, name: str, book: RepairBook) -> pd.Series:
    """`First Last` for each cell with one comma."""
    turned = found.str.replace(LAST_THEN_FIRST, r"\2 \1", regex=True)
    book.note(name, "turned_name", found.notna() & (turned != found))
    return turned


def _as_names(found: pd.Series, name: str, book: RepairBook) -> pd.Series:
    is_shouted = found.str.isupper().fillna(False).astype(bool) & (found.str.len() > 1)
    book.note(name, "capitals", is_shouted)
    return found.where(~is_shouted, found.str.title())
