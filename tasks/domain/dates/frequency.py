"""Frequencies: how a firm writes them, and the step that they mean.

May touch: nothing. Tests: tests/unit/definitions/test_definitions.py.
"""

import re
from dataclasses import dataclass

NAMED = {
    "weekly": (7, False),
    "monthly": (1, True),
    "bimonthly": (2, True),
    "quarterly": (3, True),
    "semiannual": (6, True),
    "yearly": (12, True),
    "none": (0, False),
}
EVERY = re.compile(r"every ([1-9]\d{0,3}) (day|week|month|year)s?")
UNITS = {"day": (1, False), "week": (7, False), "month": (1, True), "year": (12, True)}


class FrequencyError(ValueError):
    """Not a valid frequency; the message lists the valid ones."""


@dataclass(frozen=True)
class Frequency:
    """A step of whole days or of whole months; a step of 0 does not recur."""

    step: int
    is_monthly: bool

    @classmethod
    def parse(cls, text: str) -> "Frequency":
        """Parse a frequency as a template writes it, such as `monthly` or `every 2 weeks`.

        Raises:
            FrequencyError: not a valid frequency; the message quotes it and lists the valid ones.
        """
        if text in NAMED:
            return cls(*NAMED[text])
        found = EVERY.fullmatch(text)
        if found is None:
            raise FrequencyError(
                f"{text!r} is no frequency; write {', '.join(NAMED)}, or `every N days|weeks|months|years`"
            )
        size, is_monthly = UNITS[found[2]]
        return cls(int(found[1]) * size, is_monthly)


def checked_frequency(text: str) -> str:
    """Return the text unchanged if it is a valid frequency.

    Raises:
        FrequencyError: as `Frequency.parse`.
    """
    Frequency.parse(text)
    return text
