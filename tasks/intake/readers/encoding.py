"""Detects a text file's encoding from its bytes, and decodes it to UTF-8.

May touch: nothing. Tests: tests/unit/intake/test_awkward_files.py.
"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.domain.definitions.profile import AUTO
from tasks.intake.readers.letters import TRIED, best_of, fits_of
from tasks.intake.readers.raw_file import CUT_OFF, UnreadableFile
from tasks.intake.readers.text_doubts import doubts_of

# UTF-32's byte order mark starts with UTF-16's.
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
UTF_8, WIDE = "utf-8", ("utf-16", "utf-32")
CHARACTERS_A_PIECE = 1 << 20
BYTES_LOOKED_AT = 4096
DOS_END_OF_FILE = b"\x1a"  # FoxPro and other old programs still write it
MUCH, LITTLE = 0.4, 0.05  # in UTF-16, Western text has a zero in nearly every second byte, and only there


@dataclass(frozen=True)
class Text:
    """A text file's content.

    Attributes:
        data: in UTF-8, with the line ends of the file.
        start: the position of its first character, after a byte order mark.
        encoding: the encoding of the file.
        doubts: what a person should check (`RawFile.doubts`).
    """

    data: bytes
    start: int
    encoding: str
    doubts: tuple[str, ...] = ()

    def lines(self, start: int | None = None) -> Iterator[str]:
        """Its lines from a byte position on, with their ends."""
        binary = io.BytesIO(self.data)
        binary.seek(self.start if start is None else start)
        return io.TextIOWrapper(binary, encoding="utf-8", newline="")


def decode(name: str, data: bytes, encoding: str) -> Text:
    """Decode a file.

    Args:
        name: the file's, for the message.
        data: its bytes.
        encoding: a codec's name, or `auto` to detect it.

    Raises:
        UnreadableFile: it is in another encoding, in several, or ends in the middle of a character.
    """
    found = _find_encoding(data) if encoding == AUTO else encoding
    try:
        text = _as_utf8(data, found)
    except (UnicodeError, LookupError) as error:
        raise UnreadableFile(f"{name}: {_what_is_wrong(data, found, error, encoding == AUTO)}") from None
    text = text.removesuffix(DOS_END_OF_FILE)
    start = len(codecs.BOM_UTF8) if text.startswith(codecs.BOM_UTF8) else 0
    return Text(text, start, found, doubts_of(text, found, encoding == AUTO, data))


def fits(data: bytes, encoding: str) -> bool:
    """Whether bytes can be what they are said to be; where they fit no encoding, what is said is left to be refused.

    Text in one byte per character fits every such encoding; whether its letters make words is doubted elsewhere.
    """
    stated, found = _family(encoding), _family(_find_encoding(data))
    if data.isascii() and found == stated == UTF_8:
        return True
    if found in WIDE or stated in WIDE:
        return found == stated and _is_readable(data, encoding)
    if stated != UTF_8:
        return data.isascii() or (found != UTF_8 and _is_readable(data, encoding))
    return found == UTF_8 or _is_cut(data)


def others_than(encoding: str) -> tuple[str, ...]:
    """The other encodings of one byte per character that are tried where one of them is taken; else none."""
    if _family(encoding) in (UTF_8, *WIDE):
        return ()
    return tuple(other for other in TRIED if codecs.lookup(other).name != codecs.lookup(encoding).name)


def _family(encoding: str) -> str:
    name = codecs.lookup(encoding).name
    return next((family for family in (*WIDE, UTF_8) if name.startswith(family)), name)


def _is_cut(data: bytes) -> bool:
    """Whether UTF-8 ends in the middle of its last character, and is right before."""
    bad = _first_error(data, UTF_8)
    return bad is not None and bad.end >= len(data) and "end of data" in bad.reason


def _is_readable(data: bytes, encoding: str) -> bool:
    try:
        _as_utf8(data, encoding)
    except UnicodeError:
        return False
    return True


def _as_utf8(data: bytes, encoding: str) -> bytes:
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
        if not data.isascii():
            for _ in _pieces(data, "utf-8"):  # decoding each piece verifies that it is UTF-8
                pass
        return data
    return b"".join(piece.encode("utf-8") for piece in _pieces(data, encoding))


def _pieces(data: bytes, encoding: str) -> Iterator[str]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
    return iter(lambda: text.read(CHARACTERS_A_PIECE), "")


def _find_encoding(data: bytes) -> str:
    """Detect the encoding: a byte order mark or zeros; else UTF-8 if the bytes fit; else Windows', DOS' or Macintosh's.

    Text that is mostly UTF-8 is not taken for cp1252, which would decode without an error but with every accent wrong.
    """
    marked = [encoding for mark, encoding in MARKS.items() if data.startswith(mark)]
    if marked:
        return marked[0]
    start = data[:BYTES_LOOKED_AT]
    zeros = [start[parity::2].count(0) / max(len(start) // 2, 1) for parity in (0, 1)]
    if max(zeros) > MUCH and min(zeros) < LITTLE:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    try:
        _as_utf8(data, "utf-8")
    except UnicodeDecodeError:
        if _is_mostly_utf8(data):
            return "utf-8"
        return best_of(fits_of(data))
    return "utf-8"


def _is_mostly_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", errors="ignore")) - bad
    return good >= bad


def _what_is_wrong(data: bytes, encoding: str, error: Exception, was_found_out: bool) -> str:
    """Explain the error, with its line number; the codec's own message may quote the text."""
    if isinstance(error, LookupError):
        return f"{encoding!r} is no encoding of text. Name utf-8, cp1252, latin-1 or utf-16 in the mapping, or auto."
    bad = _first_error(data, encoding)
    if bad is None:
        return f"it is not {encoding}. {_advice(was_found_out)}"
    text = data[: bad.start].decode(encoding, errors="replace")
    line = 1 + text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    if (bad.end >= len(data) and "end of data" in bad.reason) or "truncated" in bad.reason:
        return f"it ends in the middle of a character, in line {line:,}: {CUT_OFF}"
    found = "most of it is utf-8, but " if was_found_out and encoding == "utf-8" else ""
    return f"{found}line {line:,} is not {encoding}. {_advice(was_found_out)}"


def _first_error(data: bytes, encoding: str) -> UnicodeDecodeError | None:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error
    except UnicodeError:
        return None
    return None


def _advice(was_found_out: bool) -> str:
    if was_found_out:
        return "Export it again as UTF-8, or name its encoding in the mapping."
    return "Name a mapping with the file's own encoding (cp1252, utf-16, auto), or export it again as UTF-8."
