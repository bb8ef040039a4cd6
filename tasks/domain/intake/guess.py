"""Proposes a mapping profile for an unknown file, for a person to correct.

It states what is uncertain, and quotes cells of the file only from columns with few distinct values.
Law: what is proposed is a valid profile.
May touch: pandas. Tests: tests/integration/intake/test_guess.py.
"""

import json
from collections.abc import Iterable, Sequence

import pandas as pd

from tasks.domain import frames
from tasks.domain.definitions.kinds import KINDS
from tasks.domain.definitions.profile import BLANKS, ISO
from tasks.domain.intake.error_cells import is_error
from tasks.domain.intake.guess_dates import guess_formats
from tasks.domain.intake.guess_kind import BESIDE_A_NAME
from tasks.domain.intake.known_titles import KnownTitles, plain
from tasks.domain.intake.proposal import Proposal, profile_text, quoted
from tasks.domain.intake.stray_rows import is_total, repeats_titles
from tasks.domain.intake.typed_rows import trimmed

ROWS_NAMED = 5
MOST_VALUES, LONGEST_VALUE = 30, 40
SHARE_OF_CAPITALS = 0.6
# The values of required columns for which the file has no column.
CONSTANTS = {
    ("relations", "type"): "other",
    ("relations", "status"): "client",
    ("missions", "status"): "draft",  # creates no tasks until a person changes it (P4)
    ("activities", "kind"): "other",
}
YES_OR_NO = frozenset({"true", "false", "vrai", "faux", "0", "1", "oui", "non", "yes", "no"})


def guess_profile(
    name: str,
    file: str,
    rows: pd.DataFrame,
    kind: str,
    *,
    known: KnownTitles,
    encoding: str | None,
    separator: str | None,
    header: int,
    doubts: Sequence[str] = (),
) -> str:
    """The text of mappings/NAME.yaml.

    Args:
        name: of the profile.
        file: the file's, for the example.
        rows: the file's text columns, and source_row.
        kind: the kind of its rows.
        known: what is known of titles and values.
        encoding: as detected; None for a workbook.
        separator: as detected; None for a workbook.
        header: the record that holds the titles.
        doubts: about the file itself (`RawFile.doubts`).
    """
    cells = rows.drop(columns="source_row").apply(lambda column: trimmed(column).str.normalize("NFC"))
    cells = cells.mask(cells.isin(BLANKS) | cells.apply(is_error))
    proposal = Proposal(kind, known, doubts=list(doubts))
    for column in known.titles[kind]:
        _propose(proposal, kind, column, cells)
    _doubt_stray_rows(proposal, rows, cells)
    for column in KINDS[kind].required:
        _fill_in(proposal, kind, column, cells)
    proposal.left = [title for title in cells.columns if title not in proposal.taken and title]
    return profile_text(proposal, name, file, encoding=encoding, separator=separator, header=header)


def _propose(proposal: Proposal, kind: str, column: str, cells: pd.DataFrame) -> None:
    if kind == "relations" and column == "name" and _propose_two_names(proposal, cells):
        return
    titles = _found(proposal.known.titles[kind][column], [t for t in cells.columns if t not in proposal.taken])
    is_key = column == KINDS[kind].keys[0]
    table = _table_of(proposal.known, kind, column)
    if is_key:
        # The title whose values best distinguish the rows.
        titles.sort(key=lambda title: len(cells) - cells[title].nunique())
    if table:
        proposal.unlike |= {column: titles[0]} if titles else {}
        titles = [title for title in titles if _says_something(cells[title], table)]
    if column == "do_not_mail":
        titles = [title for title in titles if set(cells[title].dropna().str.lower()) <= YES_OR_NO]
    if not titles:
        return
    title = titles[0]
    proposal.taken.add(title)
    if column.endswith(("_on", "_at")):
        proposal.columns[column] = _date_rule(proposal, title, cells[title].dropna())
    elif table:
        proposal.columns[column] = _table_rule(proposal, column, title, cells[title], table)
    elif column == "email" and len(titles) > 1:
        proposal.taken |= set(titles)
        proposal.columns[column] = f"{{from: [{', '.join(map(quoted, titles))}], take: first}}"
    else:
        proposal.columns[column] = quoted(title)
    if is_key:
        _doubt_the_key(proposal, kind, title, cells[title])


def _table_of(known: KnownTitles, kind: str, column: str) -> dict[str, str]:
    """The canonical value for each known value of a column, by its plain text."""
    spellings = known.spellings.get("mission_status" if (kind, column) == ("missions", "status") else column, {})
    return {plain(name) or name: becomes for becomes, names in spellings.items() for name in names}


def _says_something(values: pd.Series, table: dict[str, str]) -> bool:
    """Whether a column holds any of the known values, or is empty."""
    found = values.dropna().unique()
    return not len(found) or any((plain(value) or value) in table for value in found)


def _found(names: Iterable[str], titles: list[str]) -> list[str]:
    """The titles that are among the names, in the names' order."""
    by_name: dict[str, str] = {}
    for title in titles:
        # Text in brackets after a title, or a star on it, is not part of its name.
        by_name.setdefault(plain(BESIDE_A_NAME.sub(" ", title)), title)
    return [by_name[name] for name in names if name in by_name]


def _propose_two_names(proposal: Proposal, cells: pd.DataFrame) -> bool:
    """Propose a person's first and last name, if the file has both."""
    firsts = _found(proposal.known.first_names, list(cells.columns))
    lasts = _found(proposal.known.last_names, [t for t in cells.columns if t not in firsts])
    if not firsts or not lasts:
        return False
    first, last = firsts[0], lasts[0]
    proposal.taken |= {first, last}
    names = pd.concat([cells[first], cells[last]]).dropna()
    case = ", case: name" if len(names) and names.str.isupper().mean() > SHARE_OF_CAPITALS else ""
    proposal.columns["name"] = f"{{from: [{quoted(first)}, {quoted(last)}]{case}}}"
    return True


def _doubt_the_key(proposal: Proposal, kind: str, title: str, values: pd.Series) -> None:
    missing, twice = int(values.isna().sum()), int(values.dropna().duplicated().sum())
    if missing:
        proposal.doubts.append(f"{title!r} as the id: {missing:,} rows have none.")
    if twice and kind != "mission_services":
        proposal.doubts.append(f"{title!r} as the id: {twice:,} rows have that of an earlier row.")


def _doubt_stray_rows(proposal: Proposal, rows: pd.DataFrame, cells: pd.DataFrame) -> None:
    first = cells.bfill(axis=1).iloc[:, 0] if len(cells.columns) else pd.Series(dtype=frames.TEXT)
    found = {"repeat the titles": repeats_titles(rows), "look like a line of totals": is_total(first, None)}
    for what, mask in found.items():
        if mask.any():
            named = ", ".join(f"{n:,}" for n in rows.loc[mask, "source_row"].head(ROWS_NAMED))
            proposal.doubts.append(f"{int(mask.sum()):,} rows {what} (rows {named}); an import sets them aside.")


def _fill_in(proposal: Proposal, kind: str, column: str, cells: pd.DataFrame) -> None:
    if column in proposal.columns:
        return
    stands = CONSTANTS.get((kind, column))
    if column == "type" and "from: [" in proposal.columns.get("name", ""):
        stands = "person"
    proposal.columns[column] = f"{{constant: {stands}}}" if stands else '"?"'
    what = f"every row gets {stands!r}" if stands else "write its title in the place of '?'"
    seen = "no column of the file seems to say it;"
    if title := proposal.unlike.get(column):
        seen = f"{title!r} has none of the values that are known here{_few(cells[title])}, and is not taken;"
    proposal.doubts.append(f"{column}: {seen} {what}.")


def _few(values: pd.Series) -> str:
    """The values of a column that has only a few short ones, in brackets; they are not personal then."""
    found = sorted(values.dropna().unique())
    is_few = len(found) <= MOST_VALUES and all(len(value) <= LONGEST_VALUE for value in found)
    return f" ({', '.join(map(repr, found))})" if is_few else ""


def _date_rule(proposal: Proposal, title: str, values: pd.Series) -> str:
    found = guess_formats(values)
    if found.is_plain:
        return quoted(title)
    if found.unread:
        proposal.doubts.append(f"{title!r}: {found.unread:,} cells are not a date in any format that is known here.")
    if found.turned:
        proposal.doubts.append(
            f"{title!r}: {found.turned:,} cells have day and month in the other order than the rest; they are not "
            "read. Correct the source."
        )
    if found.years:
        proposal.doubts.append(f"{title!r}: {found.years:,} cells hold a year alone, which is not a date.")
    if found.is_ambiguous:
        proposal.doubts.append(f"{title!r}: read as day, month, year; month first would fit every cell as well.")
    formats = found.formats or [ISO]
    said = json.dumps(formats[0] if len(formats) == 1 else formats)
    return f"{{from: {quoted(title)}, date_format: {said}}}"


def _table_rule(proposal: Proposal, column: str, title: str, values: pd.Series, known: dict[str, str]) -> str:
    """A rule with the canonical value of each known value; unknown ones are reported, and stay unchanged."""
    found = sorted(values.dropna().unique())
    if len(found) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in found):
        proposal.doubts.append(f"{title!r} as {column}: {len(found):,} different values; is it the right column?")
        return quoted(title)
    table = {value: known[plain(value) or value] for value in found if (plain(value) or value) in known}
    unknown = [value for value in found if value not in table]
    if unknown:
        proposal.doubts.append(f"{title!r} as {column}: what is {', '.join(map(repr, unknown))}? Add it to `values`.")
    if values.isna().any() and column in ("type", "status"):
        # A box that is not ticked means no: this one is not a company.
        table[""] = "person" if column == "type" and {plain(v) for v in found} <= YES_OR_NO else "other"
        empty = int(values.isna().sum())
        proposal.doubts.append(f"{title!r} as {column}: {empty:,} cells are empty; they become {table['']!r}.")
    if all(value == becomes for value, becomes in table.items()):
        return quoted(title)
    pairs = ", ".join(f"{json.dumps(v, ensure_ascii=False)}: {becomes}" for v, becomes in table.items())
    return f"{{from: {quoted(title)}, values: {{{pairs}}}}}"
