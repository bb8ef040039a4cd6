"""Renders the pages: Jinja2 templates in flows/web/pages/, and dates, sizes and numbers in the reader's language.

May touch: jinja2, babel, flows/web/pages/. Tests: tests/integration/web/test_page_answers.py.
"""

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from starlette.responses import HTMLResponse

PAGES = Path(__file__).parent / "pages"
KILOBYTE = 1024
GROUP = 4
UNITS = {"fr": ("ko", "Mo"), "nl": ("kB", "MB"), "en": ("kB", "MB")}


@cache
def environment() -> jinja2.Environment:
    """The templates; everything that is put into them is escaped, and what is unknown is an error."""
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(day=long_day, size=size_in_words, number=number_in_words, in_fours=in_fours)
    pages.filters.update(short_day=short_day, iso_day=iso_day, instant=instant_in_words)
    return pages


def page(template: str, language: str, status: int = 200, **values: object) -> HTMLResponse:
    """One rendered page as an answer."""
    body = environment().get_template(template).render(language=language, **values)
    return HTMLResponse(body, status_code=status)


def long_day(day: date, language: str) -> str:
    """A date in words, with its weekday."""
    # In Europe the day comes first in English, too.
    written = format_date(day, "full", locale="en_GB" if language == "en" else language)
    # French says "1er décembre"; CLDR's form does not.
    return written.replace(" 1 ", " 1er ", 1) if language == "fr" and day.day == 1 else written


def short_day(day: date, language: str) -> str:
    """A date in few letters."""
    return format_date(day, "medium", locale="en_GB" if language == "en" else language)


def iso_day(written: str, language: str) -> str:
    """The same of a date that is written as 2026-12-31."""
    return short_day(date.fromisoformat(written), language)


def instant_in_words(at: datetime, language: str, zone: ZoneInfo) -> str:
    """The local date and time of an instant that is stored as UTC."""
    local = at.replace(tzinfo=UTC).astimezone(zone)
    return f"{short_day(local.date(), language)}, {clock_time(at, language, zone)}"


def clock_time(at: datetime, language: str, zone: ZoneInfo) -> str:
    """The local time of an instant that is stored as UTC."""
    local = at.replace(tzinfo=UTC).astimezone(zone)
    return local.strftime("%H h %M") if language == "fr" else format_time(local, "HH:mm", locale=language)


def size_in_words(size: int, language: str) -> str:
    """A file's size, such as 1,2 Mo."""
    kilo, mega = UNITS.get(language, UNITS["en"])
    if size < KILOBYTE * KILOBYTE:
        return f"{max(1, round(size / KILOBYTE))}\u00a0{kilo}"
    return f"{format_decimal(round(size / KILOBYTE / KILOBYTE, 1), locale=language)}\u00a0{mega}"


def number_in_words(value: str, language: str) -> str:
    """A stored number as the reader writes it."""
    return format_decimal(value, format="#,##0.######", locale=language)


def in_fours(text: str) -> str:
    """An IBAN as banks print it, in groups of four signs."""
    return " ".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))
