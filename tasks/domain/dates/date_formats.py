"""Date formats of mapping profiles: which are usable, and which have a variant with day and month exchanged.

May touch: nothing. Tests: tests/unit/dates/test_date_formats.py.
"""

import re

YEARS, MONTHS = frozenset("Yy"), frozenset("mbB")
KNOWN = YEARS | MONTHS | frozenset("daAHIMSfpzj%")
OFFSET = "%z"
SHOWN = "%d %m %Y %y %H %I %M %S %f %p %z %b %B %a %A %j"
DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)


def why_unusable(date_format: str) -> str | None:
    """Say what is wrong with a strptime format; None if it can read dates.

    Args:
        date_format: as written in a profile.
    """
    used = DIRECTIVE.findall(date_format)
    letters = [letter for letter in used if letter != "%"]
    unknown = [f"%{letter}" if letter else "a % at the end" for letter in used if letter not in KNOWN or not letter]
    twice = sorted({f"%{letter}" for letter in letters if letters.count(letter) > 1})
    wrong = {
        "is not a date format; write iso, excel, or one like %d/%m/%Y": not letters and not unknown,
        f"has {', '.join(unknown)}, which is not known; use {SHOWN}": bool(unknown),
        f"has {', '.join(twice)} more than once": bool(twice),
        "has no year (%Y or %y); a date without its year cannot be placed": not YEARS & set(letters),
        "has no month (%m, %b or %B) and no day of the year (%j)": not (MONTHS | {"j"}) & set(letters),
        "has %z before its end; the offset from UTC is read at the end only": OFFSET in date_format[: -len(OFFSET)],
    }
    return next((why for why, is_wrong in wrong.items() if is_wrong), None)


def other_order(date_format: str) -> str | None:
    """The format with month and day exchanged; None if they are not adjacent, or come after the year."""
    if "%d" not in date_format or "%m" not in date_format or date_format.startswith(("%Y", "%y")):
        return None
    first, second = sorted((date_format.index("%d"), date_format.index("%m")))
    if second - first > len("%d") + 1:
        return None
    return date_format.replace("%d", "%\0").replace("%m", "%d").replace("%\0", "%m")
