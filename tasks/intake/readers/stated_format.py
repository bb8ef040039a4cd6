"""Reads text in the format that was stated for it or, where that does not fit, in the one that does; each is told.

A spreadsheet that saves a file anew writes other separators and another encoding than the profile states.
Law: what fits is read as stated, without a word.
May touch: nothing. Tests: tests/unit/intake/test_stated_format.py, tests/integration/intake/test_saved_anew.py.
"""

import codecs
from collections.abc import Collection, Iterator
from dataclasses import replace

from tasks.domain.definitions.profile import AUTO
from tasks.intake.readers.delimited import SEPARATORS, Format, read_header
from tasks.intake.readers.encoding import Text, decode, fits, others_than
from tasks.intake.readers.raw_file import UnreadableFile, titles_of

PLAIN_NAMES = {"utf-8-sig": "utf-8"}  # the mark says nothing to a person


def fitting(
    name: str, data: bytes, encoding: str, shape: Format, *, header: int, titles: Collection[str]
) -> tuple[Text, Format, list[str]]:
    """The text, how it is divided into cells, and what is read otherwise than stated, one sentence each.

    Args:
        name: the file's, for messages.
        data: its bytes.
        encoding: as stated; `auto` detects it.
        shape: as stated.
        header: the record that holds the titles.
        titles: what the header should have; if there are none, everything stated is believed.

    Raises:
        UnreadableFile: the text is in no encoding that is known.
    """
    if not titles:
        return decode(name, data, encoding), shape, []
    best, found, most = _best(name, data, encoding, shape, header=header, titles=titles)
    told = []
    if not (encoding == AUTO or _is_same(best.encoding, encoding)):
        why = (
            "does not fit its bytes" if not fits(data, encoding) else f"finds fewer titles than the {most} of this one"
        )
        told.append(f"it is read as {_plain(best.encoding)}: {_plain(encoding)}, which was stated, {why}.")
    if found != shape:
        told.append(_told(shape, found, most, len(set(titles))))
    return best, found, told


def _best(
    name: str, data: bytes, encoding: str, shape: Format, *, header: int, titles: Collection[str]
) -> tuple[Text, Format, int]:
    """The text and the format under which most titles are found, and how many; as stated, if none finds more."""
    text = decode(name, data, encoding if encoding == AUTO or fits(data, encoding) else AUTO)
    best, most = text, -1
    for other in (text.encoding, *others_than(text.encoding)):
        tried = text if other == text.encoding else _decoded(name, data, other)
        if tried is None:
            continue
        found = _find_shape(name, tried, shape, header, titles)
        if (count := _count(name, tried, found, header, titles)) > most:
            best, best_shape, most = tried, found, count
        if most == len(set(titles)):
            break
    return best, best_shape, most


def _decoded(name: str, data: bytes, encoding: str) -> Text | None:
    try:
        return decode(name, data, encoding)
    except UnreadableFile:
        return None


def _find_shape(name: str, text: Text, shape: Format, header: int, titles: Collection[str]) -> Format:
    """The format under which most titles are found; as stated, if none finds more."""
    best, most = shape, _count(name, text, shape, header, titles)
    for other in _others(shape):
        if most == len(set(titles)):
            break
        if (count := _count(name, text, other, header, titles)) > most:
            best, most = _resolved(name, text, other, header), count
    return best


def _others(shape: Format) -> Iterator[Format]:
    """What a spreadsheet may have written instead, the likeliest first; `auto` follows Excel's own line `sep=;`."""
    separators = [AUTO, *SEPARATORS]
    yield from (replace(shape, separator=separator) for separator in separators)
    if not shape.is_plain:
        yield from (Format(separator) for separator in (shape.separator, *separators))


def _count(name: str, text: Text, shape: Format, header: int, titles: Collection[str]) -> int:
    """How many of the titles are found."""
    try:
        _, found = read_header(name, text, shape, header)
    except UnreadableFile:
        return 0
    return len(set(titles) & set(titles_of(found.cells)))


def _resolved(name: str, text: Text, shape: Format, header: int) -> Format:
    return read_header(name, text, shape, header)[0]


def _told(stated: Format, found: Format, count: int, wanted: int) -> str:
    said = []
    if found.separator != stated.separator:
        said.append(f"divided by {_shown(found.separator)}, not by {_shown(stated.separator)} as was stated")
    if (found.quote, found.escape) != (stated.quote, stated.escape):
        is_quote = found.quote != stated.quote
        said.append(
            f"in {found.quote}, not in {stated.quote} as was stated"
            if is_quote
            else f"without {stated.escape} before a sign, which was stated"
        )
    share = "all titles are" if count == wanted else f"{count} of the {wanted} titles are"
    verb = "are" if found.separator != stated.separator else "stand"
    return f"its cells {verb} {' and '.join(said)}: {share} found that way."


def _shown(separator: str) -> str:
    return "'\\t'" if separator == "\t" else repr(separator)


def _is_same(found: str, stated: str) -> bool:
    return codecs.lookup(found).name.split("-sig")[0] == codecs.lookup(stated).name.split("-sig")[0]


def _plain(encoding: str) -> str:
    return PLAIN_NAMES.get(encoding, encoding)
