"""The guess: from a file's bytes to a proposed profile with the evidence for it.

It reads no file and no database, so that a command and a page may ask it alike.
Law: the profile is valid, and the same bytes give the same guess.
May touch: nothing. Tests: tests/integration/intake/test_guess_bytes.py, tests/integration/intake/test_guess.py.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tasks.domain.definitions.profile import AUTO, QUOTE, Profile
from tasks.domain.definitions.yaml_models import parse_model
from tasks.domain.intake.guess.columns import columns_of
from tasks.domain.intake.guess.evidence import Evidence, Left, evidence_of, left_of, written_scores
from tasks.domain.intake.guess.fitting_profiles import find_fitting
from tasks.domain.intake.guess.kind import LEADS, RELATIONS, doubt_kind, score_kinds
from tasks.domain.intake.guess.known_titles import KnownTitles
from tasks.domain.intake.guess.proposal import profile_text
from tasks.domain.intake.guess.propose import propose
from tasks.intake.known_titles import known_titles
from tasks.intake.readers.raw_file import RawFile, UnreadableFile
from tasks.intake.readers.read_file import read_bytes

HEADERS_TRIED = 10
BYTES_LOOKED_AT = 1 << 16
TEXTS = (".csv", ".txt", ".tsv")
OTHER_QUOTE = "'"
HOME, SHIPPED = "home", "shipped"


@dataclass(frozen=True)
class Guess:
    """A proposed profile, and why it says what it says.

    Attributes:
        name: of the profile.
        kind: of the rows; `leads` are relations who are no clients yet.
        text: of mappings/NAME.yaml, with every doubt in a line.
        profile: the same, parsed.
        scores: what speaks for each kind, the best first; empty if the kind was given.
        doubts: what a person should check, one sentence each.
        columns: the evidence for each canonical column.
        left: the file's columns that are not taken.
        fits: profiles that read the file as well, the one with most titles first.
        own: names of those that are the home's own.
        raw: the file as it was read.
        quote: the sign around its cells.
    """

    name: str
    kind: str
    text: str
    profile: Profile
    scores: dict[str, float]
    doubts: tuple[str, ...]
    columns: tuple[Evidence, ...]
    left: tuple[Left, ...]
    fits: tuple[Profile, ...]
    own: frozenset[str]
    raw: RawFile
    quote: str

    def to_json(self) -> dict[str, Any]:
        """The guess as plain data, without a cell of the file."""
        return {
            "mapping": self.name,
            "kind": self.kind,
            "kinds": self.scores,
            "encoding": self.raw.encoding,
            "separator": self.raw.separator,
            "quote": self.quote,
            "header": self.raw.preamble + 1,
            "rows": self.raw.read,
            "doubts": list(self.doubts),
            "columns": [_plain(asdict(evidence)) for evidence in self.columns],
            "not_taken": [_plain(asdict(left)) for left in self.left],
            "fits": [
                {
                    "mapping": p.mapping,
                    "kind": p.kind,
                    "label": p.label,
                    "of": HOME if p.mapping in self.own else SHIPPED,
                }
                for p in self.fits
            ],
            "text": self.text,
        }


def guess_bytes(
    file: str,
    data: bytes,
    *,
    kind: str | None = None,
    name: str | None = None,
    known: KnownTitles | None = None,
    profiles: Collection[Profile] = (),
    own: Collection[str] = (),
    doubts: Sequence[str] = (),
) -> Guess:
    """Propose a profile for a file.

    Args:
        file: its name; the ending says what it is.
        data: its bytes.
        kind: of its rows; by default what its titles and cells say.
        name: of the profile; by default after the file.
        known: what is known of titles; by default all that the product knows.
        profiles: those that may read the file already.
        own: which of them are the home's own.
        doubts: what else a person should check.

    Raises:
        UnreadableFile: the bytes cannot be read, or no header is found among the first records.
    """
    raw, quote = _read(file, data)
    known, named = known or known_titles(), name or _slug(file)
    columns = columns_of(raw.rows, known)
    scores = {} if kind else score_kinds(columns, known)
    chosen = kind or next(iter(scores))
    rows_are = RELATIONS if chosen == LEADS else chosen
    fits = find_fitting(raw.columns, raw.preamble + 1, profiles, kind)
    proposal = propose(
        raw.rows,
        rows_are,
        columns,
        known=known,
        is_leads=chosen == LEADS,
        doubts=[
            *_told(fits, own, raw.name),
            *doubts,
            *raw.doubts,
            *(doubt_kind(scores, columns, known) if scores else []),
        ],
    )
    text = profile_text(
        proposal, named, raw.name, encoding=raw.encoding, separator=raw.separator, header=raw.preamble + 1, quote=quote
    )
    profile = parse_model(Profile, text, f"mappings/{named}.yaml")
    said = tuple(proposal.doubts)
    return Guess(
        named,
        chosen,
        text,
        profile,
        written_scores(scores),
        said,
        evidence_of(proposal, profile, said),
        left_of(proposal),
        tuple(fits),
        frozenset(own),
        raw,
        quote,
    )


def profiles_that_read(file: str, data: bytes, profiles: Collection[Profile], kind: str) -> list[Profile]:
    """The profiles that read a file, the one with the most titles first.

    Raises:
        UnreadableFile: the bytes cannot be read, or have no header.
    """
    raw, _ = _read(file, data)
    return find_fitting(raw.columns, raw.preamble + 1, profiles, kind)


def _told(fits: Sequence[Profile], own: Collection[str], file: str) -> list[str]:
    """A sentence on the profile that reads the file as well."""
    if not fits:
        return []
    best = fits[0]
    if best.mapping in own:
        command = f"relance import {best.kind} {file} --mapping {best.mapping} --preview"
        return [f"the profile {best.mapping} of this home reads this file as well: try `{command}` first."]
    shown = f"{best.mapping} ({best.label or best.kind})"
    return [f"the shipped profile {shown} reads this file as well, and was made by hand: try it."]


def _read(file: str, data: bytes) -> tuple[RawFile, str]:
    """The file and the sign around its cells."""
    raw = _with_header(file, data, QUOTE)
    if raw.encoding and all(_is_quoted(title) for title in raw.columns if title):
        return _with_header(file, data, OTHER_QUOTE), OTHER_QUOTE
    return raw, QUOTE


def _is_quoted(title: str) -> bool:
    return len(title) > 1 and title.startswith(OTHER_QUOTE) and title.endswith(OTHER_QUOTE)


def _with_header(file: str, data: bytes, quote: str) -> RawFile:
    """Read the file with the first header under which most records have as many cells as the header, and over one."""
    start = _start_of(file, data)
    for header in range(1, HEADERS_TRIED + 1):
        try:
            # Reading a long file ten times takes seconds, and its first records decide.
            if start and not _is_header(read_bytes(file, start, AUTO, AUTO, header, quote=quote)):
                continue
            raw = read_bytes(file, data, AUTO, AUTO, header, quote=quote)
        except UnreadableFile:
            if header == 1:
                raise
            break
        if _is_header(raw):
            return raw
    raise UnreadableFile(
        f"{file}: none of its first {HEADERS_TRIED} records is a header with rows of as many cells below it. "
        "Check the export; a file without titles cannot be guessed at."
    )


def _is_header(raw: RawFile) -> bool:
    return len(raw.columns) > 1 and all(raw.columns[:2]) and len(raw.rows) > len(raw.ragged)


def _start_of(file: str, data: bytes) -> bytes:
    """The first lines of a long file of text with one byte per ASCII letter; nothing if it is another."""
    start = data[:BYTES_LOOKED_AT]
    if len(data) <= BYTES_LOOKED_AT or b"\0" in start or not file.lower().endswith(TEXTS):
        return b""
    return start[: start.rfind(b"\n") + 1]


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _slug(file: str) -> str:
    stem = file.split(".", maxsplit=1)[0]
    bare = "".join(c for c in unicodedata.normalize("NFKD", stem) if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:40] or "profile"
