"""Signs in a text file's bytes that it was decoded with the wrong encoding.

May touch: nothing. Tests: tests/unit/intake/test_text_doubts.py.
"""

import re
from itertools import islice

DOS, OLDER_DOS, WINDOWS = "cp850", "cp437", "cp1252"
# Letters in the DOS code pages (é è à ç ê î ô û ü …) are symbols in Windows' encoding that occur in no word. Some of
# these symbols may follow a word (a quote, an ellipsis, a dash), so those count only between two letters.
IN_A_WORD = rb"(?<=[A-Za-z])[\x81-\x84\x87-\x8d\xa0-\xa5]|(?<=[A-Za-z])[\x85\x93-\x98](?=[A-Za-z])"
DOS_LETTER = re.compile(rb"(?:" + IN_A_WORD + rb")|(?<![\x80-\xff])[\x82\x85\x88\x8a\x90](?=[a-z]{2})")
WINDOWS_LETTER = re.compile(rb"(?<=[A-Za-z])[\xc0-\xff]|(?<![\x80-\xff])[\xc0-\xff](?=[a-z])")
# UTF-8 that was decoded as Windows' encoding and encoded as UTF-8 again: Ã and a symbol, â€ and a symbol.
TWICE = re.compile(
    rb"\xc3[\x82\x83](?:\xc2[\xa0-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]|\xe2\x80.)|\xc3\xa2\xe2\x82\xac"
)
FIRST_LINE, LAST_BLOCK = "\u2500", "\u259f"
HIGH_BYTES = bytes(range(0x80, 0x100))
# The two code pages of DOS have the same accents in lower case, and differ in capitals, Greek letters and signs. Where
# the older one has a line or a block (U+2500 to U+259F), which no export holds, it is not meant.
OTHERWISE = "".join(
    newer
    for newer, older in zip(HIGH_BYTES.decode(DOS), HIGH_BYTES.decode(OLDER_DOS), strict=True)
    if newer != older and not FIRST_LINE <= older <= LAST_BLOCK
)
IN_OLDER_DOS = re.compile(b"|".join(character.encode() for character in OTHERWISE))
# In a word the newer page's capitals are likely, and the older one's Greek letters are not.
IN_OLDER_DOS_ALONE = re.compile(rb"(?<![A-Za-z])(?:" + IN_OLDER_DOS.pattern + rb")(?![A-Za-z])")
BACKSLASH_QUOTE = re.compile(rb'\\"(?=[^;,\t|\r\n"])')
ROWS_NAMED = 5
MANY = 100_000


def is_dos(data: bytes) -> bool:
    """Whether text that is not UTF-8 has more words with letters of a DOS code page than with Windows' letters."""
    dos = sum(1 for _ in islice(DOS_LETTER.finditer(data), MANY))
    return dos > sum(1 for _ in islice(WINDOWS_LETTER.finditer(data), MANY))


def doubts_of(data: bytes, encoding: str, was_found_out: bool, original: bytes) -> tuple[str, ...]:
    """One sentence for each kind of sign found.

    Args:
        data: the text, in UTF-8.
        encoding: the encoding used.
        was_found_out: whether the encoding was detected, rather than given by a person.
        original: the file's bytes.
    """
    doubts = []
    if encoding == DOS and was_found_out:
        doubts.append(
            f"it is read as {DOS}, a code page of DOS, by the letters in its words; if accents look wrong, name "
            f"another encoding ({WINDOWS})."
        )
    elif encoding.lower().replace("-", "") in (WINDOWS, "latin1", "iso88591", "iso885915") and is_dos(original):
        doubts.append(f"it is read as {encoding}, but its bytes look like a code page of DOS: try `encoding: {DOS}`.")
    if encoding.lower() == DOS:
        sign = IN_OLDER_DOS if was_found_out else IN_OLDER_DOS_ALONE
        doubts += _at(
            sign, data, f"characters are others in {OLDER_DOS}; if they look wrong, try `encoding: {OLDER_DOS}`"
        )
    if not data.isascii():
        doubts += _at(TWICE, data, "places look like UTF-8 that was encoded twice (Ã©): export it again as UTF-8")
    if b'\\"' in data:
        doubts += _at(
            BACKSLASH_QUOTE,
            data,
            'quotes stand behind a backslash, as MySQL writes them, where CSV doubles them (""): check these rows',
        )
    return tuple(doubts)


def _at(sign: re.Pattern[bytes], data: bytes, what: str) -> list[str]:
    found = [match.start() for match in islice(sign.finditer(data), MANY)]
    if not found:
        return []
    lines = list(dict.fromkeys(1 + data.count(b"\n", 0, at) for at in found[:ROWS_NAMED]))
    return [
        f"{len(found):,} {what} (lines {', '.join(f'{n:,}' for n in lines)}{' …' if len(found) > ROWS_NAMED else ''})."
    ]
