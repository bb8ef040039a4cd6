"""Propose a profile for a file: the position of its header, the kind of its rows, and what each column means.

May touch: files, tasks/intake/readers/, tasks/domain/. Tests: tests/integration/intake/test_guess.py.
"""

import re
import unicodedata
from pathlib import Path

from flows.home.copy import HOMES
from flows.home.errors import SettingsError
from flows.home.settings import Settings
from tasks.domain.definitions.profile import AUTO, QUOTE, Profile
from tasks.domain.definitions.yaml_models import parse_model
from tasks.domain.intake.guess.columns import columns_of
from tasks.domain.intake.guess.kind import LEADS, RELATIONS, doubt_kind, score_kinds
from tasks.domain.intake.guess.known_titles import KnownTitles
from tasks.domain.intake.guess.propose import guess_profile
from tasks.intake.known_titles import known_titles
from tasks.intake.readers.raw_file import RawFile, UnreadableFile
from tasks.intake.readers.read_file import read_file

HEADERS_TRIED = 10
OTHER_QUOTE = "'"


def run_guess(file: Path, kind: str | None, name: str | None, known: KnownTitles | None = None) -> tuple[str, str]:
    """The name and the YAML text of a proposed profile.

    Args:
        file: the export.
        kind: of its rows; by default what its titles and cells say.
        name: of the profile; by default after the file.
        known: what is known of titles; by default all that the product knows.

    Raises:
        UnreadableFile: the file cannot be read, or no header is found among its first records.
    """
    raw, known, quote = _with_header(file), known or known_titles(), QUOTE
    if raw.encoding and all(_is_quoted(title) for title in raw.columns if title):
        raw, quote = _with_header(file, OTHER_QUOTE), OTHER_QUOTE
    columns = columns_of(raw.rows, known)
    scores = {} if kind else score_kinds(columns, known)
    chosen = kind or next(iter(scores))
    named = name or _slug(file)
    text = guess_profile(
        named,
        raw.name,
        raw.rows,
        RELATIONS if chosen == LEADS else chosen,
        columns=columns,
        known=known,
        is_leads=chosen == LEADS,
        encoding=raw.encoding,
        separator=raw.separator,
        header=raw.preamble + 1,
        quote=quote,
        fits=_shipped_profiles(raw),
        doubts=[*raw.doubts, *(doubt_kind(scores, columns, known) if scores else [])],
    )
    parse_model(Profile, text, f"mappings/{named}.yaml")
    return named, text


def write_profile(settings: Settings, name: str, text: str) -> Path:
    """Write a profile into the home.

    Raises:
        SettingsError: a profile of that name exists, or the folder cannot be written.
    """
    path = settings.home / "mappings" / f"{name}.yaml"
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise SettingsError(f"{path} is there already; choose another name with --name.") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}.") from None
    return path


def _shipped_profiles(raw: RawFile) -> list[str]:
    """What to say of the shipped profiles whose titles are all in the file, the one with the most titles first."""
    found = []
    for path in sorted((HOMES / "starter" / "mappings").glob("*.yaml")):
        profile = parse_model(Profile, path.read_text(encoding="utf-8"), path.name)
        if profile.kind and len(profile.titles) > 1 and profile.titles <= set(raw.columns):
            found.append((len(profile.titles), f"{profile.mapping} ({profile.label or profile.kind})"))
    return [name for _, name in sorted(found, key=lambda profile: -profile[0])]


def _is_quoted(title: str) -> bool:
    return len(title) > 1 and title.startswith(OTHER_QUOTE) and title.endswith(OTHER_QUOTE)


def _with_header(file: Path, quote: str = QUOTE) -> RawFile:
    """Read the file with the first header under which most records have as many cells as the header, and over one."""
    for header in range(1, HEADERS_TRIED + 1):
        try:
            raw = read_file(file, AUTO, AUTO, header, quote=quote)
        except UnreadableFile:
            if header == 1:
                raise
            break
        if len(raw.columns) > 1 and all(raw.columns[:2]) and len(raw.rows) > len(raw.ragged):
            return raw
    raise UnreadableFile(
        f"{file.name}: none of its first {HEADERS_TRIED} records is a header with rows of as many cells below it. "
        "Check the export; a file without titles cannot be guessed at."
    )


def _slug(file: Path) -> str:
    stem = file.name.split(".")[0]
    bare = "".join(c for c in unicodedata.normalize("NFKD", stem) if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:40] or "profile"
