"""Public holidays of a country or of one of its subdivisions.

May touch: the holidays library. Tests: tests/unit/dates/test_workdays.py.
"""

from collections.abc import Iterable
from datetime import date


def holidays_of(code: str, years: Iterable[int]) -> list[date]:
    """Public holidays of a country or of one of its subdivisions, in order.

    Args:
        code: ISO country, with a subdivision after a dash if it has holidays of its own ("FR", "FR-57").
        years: the years wanted.

    Raises:
        ValueError: the holidays library does not know the code.
    """
    import holidays

    country, _, subdivision = code.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=list(years))
    except NotImplementedError:
        raise ValueError(f"no public holidays are known for {code!r}; write a country like FR, BE or FR-57") from None
    return sorted(found)
