"""Imports: one file, a folder of files, or rows given by a command; and undoing an import.

May touch: tasks/intake/, tasks/domain/, sql/store.py. Tests: tests/integration/intake/test_import.py,
tests/integration/intake/test_ledger.py.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd

from flows.home.clock import now
from flows.home.errors import SettingsError
from flows.home.settings import Settings
from flows.jobs.activities import after_saves
from sql.store import Store
from tasks.domain.definitions import kinds as canonical
from tasks.domain.definitions.profile import CANONICAL, Profile
from tasks.domain.intake.reshape import name_of
from tasks.intake.admit import ImportResult, admit, admit_again
from tasks.intake.check import CheckedFile, check_file, shape_of
from tasks.intake.gate_and_write import AS_USUAL, ROWS_NAMED, ImportOptions, ImportReport, intake_of, write_checked
from tasks.intake.guess import profiles_that_read
from tasks.intake.ledger import last_import_id, same_before
from tasks.intake.quarantine import Feed
from tasks.intake.quarantine_files import REF
from tasks.intake.readers.raw_file import RawFile, UnreadableFile
from tasks.intake.readers.read_file import bytes_of, digest_of, read_file
from tasks.intake.undo import Undone, undo_import
from tasks.planning.close import close_finished
from tasks.requests.documents import paths_of_import, remove_unused
from tasks.validation import said_by_command


def run_import(
    settings: Settings,
    store: Store,
    kind_name: str,
    path: Path,
    mapping_name: str | None,
    as_of: date,
    terms: ImportOptions = AS_USUAL,
) -> ImportReport:
    """Import one file into the database.

    Raises:
        UnreadableFile, ShapeError, GateStopped: nothing was written; the message says why.
        SettingsError: there is no such mapping, or it is for another kind.
    """
    kind = canonical.KINDS[kind_name]
    mapping = mapping_of(settings, kind_name, mapping_name)
    feed = Feed(kind, name_of(mapping), path.name)
    shape = shape_of(settings, kind, mapping)
    if terms == AS_USUAL and (before := same_before(store, feed, digest_of(path), shape, as_of)):
        with store.writing():
            return ImportReport(*admit_again(store, before, as_of, now().replace(tzinfo=None)))
    try:
        raw = read_source(path, mapping, kind)
        judged = check_file(settings, store, kind, mapping, raw)
    except (UnreadableFile, canonical.ShapeError) as error:
        raise type(error)(f"{error} {_what_reads(settings, path, kind, mapping)}".rstrip()) from None
    with store.writing():
        judged = _still_true(settings, store, judged, mapping, raw)
        report = write_checked(
            settings,
            store,
            judged,
            as_of=as_of,
            terms=terms,
            now=now(),
            documents=settings.documents,
            after=after_saves(settings, kind_name),
        )
        if kind is canonical.ANSWERS and not terms.is_preview:
            close_finished(store, settings.templates, as_of)
    return report


def _what_reads(settings: Settings, path: Path, kind: canonical.Kind, mapping: Profile | None) -> str:
    """A sentence on the profile of the home that reads a file, or on how to get one; nothing if it cannot be read."""
    try:
        found = profiles_that_read(path.name, bytes_of(path), settings.mappings.values(), kind.name)
    except UnreadableFile:
        return ""
    if found:
        return f"The profile {found[0].mapping} reads it: add `--mapping {found[0].mapping}`."
    return "" if mapping else f"`relance mapping guess {path} --write` proposes a profile."


def read_source(path: Path, mapping: Profile | None, kind: canonical.Kind) -> RawFile:
    """Read a file with the encoding, separator, header and sheet that its profile gives, if they fit it.

    Raises:
        UnreadableFile: it cannot be read at all; the message says why.
    """
    if mapping is None:
        return replace(_read_own_shape(path, kind), folder=path.parent)
    raw = read_file(
        path,
        mapping.encoding,
        mapping.separator,
        mapping.header,
        mapping.sheet,
        quote=mapping.quote,
        escape=mapping.escape,
        titles=mapping.titles,
    )
    return replace(raw, folder=path.parent)


def _read_own_shape(path: Path, kind: canonical.Kind) -> RawFile:
    """Read a file in Relance's own shape; in another format only where it is one of Relance's own, saved anew (Q4)."""
    try:
        raw = read_file(path)
        if raw.columns and set(kind.required) <= set(raw.columns):
            return raw
        refused = None
    except UnreadableFile as error:
        refused = error
    with suppress(UnreadableFile):
        saved_anew = read_file(path, titles=(*kind.required, REF))
        if REF in saved_anew.columns:
            return saved_anew
    if refused:
        raise refused
    return raw


def take_in(
    settings: Settings, store: Store, kind_name: str, source: str, rows: pd.DataFrame, as_of: date
) -> ImportResult:
    """Write rows that a person gave by a command; all of them are written, or none.

    Args:
        settings: the home's settings.
        store: the database.
        kind_name: a kind of data.
        source: the name of their source in the ledger.
        rows: canonical text columns.
        as_of: today.

    Raises:
        ShapeError: a row is bad; the message gives its id and what is wrong.
    """
    numbered = rows.assign(source_row=range(1, len(rows) + 1))
    raw = RawFile(source, hashlib.sha256(rows.to_csv().encode()).hexdigest(), numbered)
    judged = check_file(settings, store, canonical.KINDS[kind_name], None, raw)
    with store.writing():
        judged = _still_true(settings, store, judged, None, raw)
        _refuse_bad(judged)
        intake, after = intake_of(judged, AS_USUAL, []), after_saves(settings, kind_name)
        return admit(store, intake, as_of, now().replace(tzinfo=None), after=after)


def _refuse_bad(judged: CheckedFile) -> None:
    if not judged.out.empty:
        shown = judged.out.head(ROWS_NAMED).to_dict("records")
        bad = [f"{row['row_id']}: {said_by_command(row['problem'], judged.feed.kind.name)}." for row in shown]
        raise canonical.ShapeError("\n".join([*bad, f"Nothing was written; {len(judged.out):,} would be wrong."]))


def _still_true(
    settings: Settings, store: Store, judged: CheckedFile, mapping: Profile | None, raw: RawFile
) -> CheckedFile:
    """The check under the writer's lock: repeated if another import was written since it was made (Q6)."""
    if last_import_id(store) == judged.after_import:
        return judged
    return check_file(settings, store, judged.feed.kind, mapping, raw)


def files_of(settings: Settings, place: Path, mapping_name: str) -> Iterator[tuple[str, Path, str]]:
    """List what `import all` reads: kind, file and profile, in the order of the multi-file profile.

    Args:
        settings: the home's settings.
        place: a folder, or one file.
        mapping_name: a profile with `files`.

    Raises:
        SettingsError: there is no such profile, or it is for a single file.
        UnreadableFile: a required file is missing.
    """
    whole = settings.mappings.get(mapping_name)
    if whole is None or not whole.files:
        known = ", ".join(sorted(name for name, m in settings.mappings.items() if m.files)) or "none"
        raise SettingsError(f"{mapping_name!r} is not a multi-file profile; there are: {known}.")
    present = sorted(p for p in (place.iterdir() if place.is_dir() else [place]) if p.is_file())
    for part in whole.files:
        found = [path for path in present if fnmatch(path.name, part.file)]
        if not found and not part.optional:
            raise UnreadableFile(
                f"{place}: no file is named like {part.file!r}, which mapping {mapping_name} asks for. Export it too, "
                "or write `optional: true` beside it."
            )
        kind = settings.mappings[part.mapping].kind
        assert kind is not None  # the settings check refuses a part that is itself a multi-file profile
        yield from ((kind, path, part.mapping) for path in found)


def run_undo(settings: Settings, store: Store, import_id: int) -> Undone:
    """Undo an import.

    Raises:
        UndoError: there is no such import, or it was already undone.
    """
    with store.writing():
        files = paths_of_import(store, import_id)
        undone = undo_import(store, import_id, now().replace(tzinfo=None), settings.firm.zone)
        remove_unused(store, settings.documents, files)
    return undone


def mapping_of(settings: Settings, kind: str, name: str | None) -> Profile | None:
    """The profile of that name for that kind; None for the canonical shape."""
    if name in (None, CANONICAL):
        return None
    mapping = settings.mappings.get(name or "")
    if mapping is not None and mapping.files:
        raise SettingsError(f"Profile {name} is for several files: write `relance import all FOLDER --mapping {name}`.")
    if mapping is None:
        known = ", ".join(sorted(settings.mappings)) or "none"
        raise SettingsError(f"There is no mapping {name!r} in {settings.home / 'mappings'}; there are: {known}.")
    if mapping.kind != kind:
        raise SettingsError(f"Profile {name} is for {mapping.kind}: write `relance import {mapping.kind} …`.")
    return mapping
