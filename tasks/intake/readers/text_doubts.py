"""Signs in a text file's bytes that it was decoded with the wrong encoding.

May touch: nothing. Tests: tests/unit/intake/test_text_doubts.py.
"""

import codecs
import re
from itertools import islice

from tasks.intake.readers.letters import DOS, MACINTOSH, TRIED, WINDOWS, best_of, fits_of, is_of_others, rivals_of

OLDER_DOS = "cp437"
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
WHOSE = {WINDOWS: "Windows' encoding", DOS: "a code page of DOS", MACINTOSH: "an encoding of old Macintoshes"}
LIKE_WINDOWS = ("iso8859_1", "iso8859_15")
LOST = re.compile("\ufffd".encode())
# Not in an address of the web, which has a slash or an equals sign about its question mark.
NO_LETTER = re.compile(
    rb"(?<![^\s;,|\"'(])(?:[A-Za-z\x80-\xff.-]*[A-Za-z\x80-\xff])?\?[a-z\x80-\xff][A-Za-z\x80-\xff]+(?![/=&@])"
)
BACKSLASH_QUOTE = re.compile(rb'\\"(?=[^;,\t|\r\n"])')
ROWS_NAMED = 5
MANY = 100_000


def doubts_of(data: bytes, encoding: str, was_found_out: bool, original: bytes) -> tuple[str, ...]:
    """One sentence for each kind of sign found.

    Args:
        data: the text, in UTF-8.
        encoding: the encoding used.
        was_found_out: whether the encoding was detected, rather than given by a person.
        original: the file's bytes.
    """
    doubts = _of_letters(encoding, was_found_out, original)
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
    doubts += _at(
        LOST, data, "places hold the sign \ufffd for a letter that was lost before: correct them at the source"
    )
    if b"?" in data:
        doubts += _at(
            NO_LETTER,
            data,
            "places have a question mark inside a word, as a spreadsheet writes for a letter that its encoding lacks",
        )
    return tuple(doubts)


def _of_letters(encoding: str, was_found_out: bool, original: bytes) -> list[str]:
    """What the letters say of an encoding of one byte per character."""
    name = codecs.lookup(encoding).name.replace("-", "_")
    if original.isascii() or name.startswith(("utf", "iso2022")):
        return []
    fits = fits_of(original, name)
    if name not in fits:
        return []
    if not was_found_out:
        better, mine = best_of(fits), fits[name]
        # Of an encoding that is not tried itself little is known: it is doubted only if it makes hardly any words.
        is_fine = not mine.bad if name in (*TRIED, *LIKE_WINDOWS) else mine.good >= mine.bad
        if is_fine or better not in fits or fits[better].score <= max(mine.score, 0):
            return []
        return [f"it is read as {encoding}, but its bytes look like {WHOSE[better]}: try `encoding: {better}`."]
    said = []
    if name != WINDOWS:
        said.append(
            f"it is read as {name}, {WHOSE[name]}, by the letters in its words; if accents look wrong, name another "
            f"encoding ({WINDOWS})."
        )
    if rivals := rivals_of(fits, name):
        why = "nothing shows that" if fits[name].score <= 0 else f"{' and '.join(rivals)} would make words as well"
        letters = " and ".join(f"{', '.join(differ)} in {other}" for other, differ in rivals.items())
        said.append(f"it is read as {name}, but {why}: {letters}; if letters look wrong, name the encoding.")
    if is_of_others(fits[name]):
        said.append(
            f"many letters make no word in {', '.join(TRIED)}; if it comes from another part of Europe, name its "
            "encoding (cp1250, cp1251, cp1253)."
        )
    return said


def _at(sign: re.Pattern[bytes], data: bytes, what: str) -> list[str]:
    found = [match.start() for match in islice(sign.finditer(data), MANY)]
    if not found:
        return []
    lines = list(dict.fromkeys(1 + data.count(b"\n", 0, at) for at in found[:ROWS_NAMED]))
    return [
        f"{len(found):,} {what} (lines {', '.join(f'{n:,}' for n in lines)}{' …' if len(found) > ROWS_NAMED else ''})."
    ]
