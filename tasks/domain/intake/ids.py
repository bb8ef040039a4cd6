"""Ids as a person reads them: which ids look the same although their characters differ (Q6).

May touch: pandas. Tests: tests/unit/intake/test_ids.py, tests/integration/intake/test_twin_ids.py.
"""

import pandas as pd

from tasks.domain import frames

# Every character that str.strip() removes; U+3000 is the last. This is the only definition of what is blank.
BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
# Characters that show nothing, or only a gap: separators (Z*), control (Cc) and format characters (Cf) of Unicode 16,
# and a few others invisible by design: joiners, variation selectors, Hangul fillers, the blank Braille pattern.
INVISIBLE = (
    r"[\x00-\x20\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5"
    r"\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
IN_ASCII = r"[\x00-\x20\x7f]+"
NUMBER = r"[0-9]+(?:[.,]0+)?"
LONGEST = 1_000  # characters that are compared: an id of more than 64 is refused, and a cell may hold a whole book


def fold_ids(ids: pd.Series) -> pd.Series:
    """Each id in lower case, without blanks and invisible characters, in compatibility form (NFKC); missing if missing.

    Args:
        ids: text, one id per row.
    """
    text = ids.astype(frames.TEXT).str.slice(0, LONGEST)
    folded = text.str.lower().str.replace(IN_ASCII, "", regex=True)
    is_foreign = text.str.contains(r"[^\x00-\x7f]", regex=True).fillna(False).astype(bool)
    if is_foreign.any():
        foreign = text.loc[is_foreign]
        for _ in range(2):  # NFKC expands some characters with a blank, which may separate an accent from its letter
            visible = foreign.str.replace(INVISIBLE, "", regex=True)
            foreign = visible.str.normalize("NFKC").str.casefold().str.normalize("NFKC")
        folded.loc[is_foreign] = foreign
    return folded.astype(frames.TEXT)


def id_keys(ids: pd.Series) -> pd.Series:
    """A key that ids share if they look the same to a person: `fold_ids`, and for a whole number its value.

    `0042`, `42` and `42.0` have the key `42`. The tables hold it as `folded_id`.
    """
    folded = fold_ids(ids)
    is_number = folded.str.fullmatch(NUMBER).fillna(False).astype(bool)
    if is_number.any():
        digits = folded.loc[is_number].str.replace(r"[.,]0+$", "", regex=True).str.lstrip("0")
        folded.loc[is_number] = digits.mask(digits == "", "0")
    return folded


def id_key(one: str) -> str:
    """The key of one id."""
    return str(id_keys(pd.Series([one], dtype=frames.TEXT)).iloc[0])


def find_twins(ids: pd.Series, known: pd.Series) -> pd.DataFrame:
    """Find ids that look the same as a known one, or as one in an earlier row of the file.

    Args:
        ids: of a file, in its order; missing where a row has none.
        known: ids in the database, at least those with the same key as one of the file's. A known id was accepted
            before, and is never a twin here.

    Returns:
        Per row is_lookalike (the two differ only in what `fold_ids` removes) and is_same_number (they are the same
        number), both false for the first; and is_shared_number, true for every row whose number has two spellings.
    """
    every = pd.concat([known, ids.dropna()], ignore_index=True).astype(frames.TEXT).drop_duplicates()
    key = id_keys(every)
    is_second = key.duplicated() & ~frames.is_among(every, known)
    if not is_second.any():
        return pd.DataFrame(False, index=ids.index, columns=["is_lookalike", "is_same_number", "is_shared_number"])
    is_alike = is_second & fold_ids(every).duplicated()
    is_number = is_second & ~is_alike
    return pd.DataFrame(
        {
            "is_lookalike": frames.is_among(ids, every[is_alike]),
            "is_same_number": frames.is_among(ids, every[is_number]),
            "is_shared_number": frames.is_among(ids, every[frames.is_among(key, key[is_number])]),
        }
    )
