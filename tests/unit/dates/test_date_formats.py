"""Formats that no date can be read by are refused; dates that may be misread are told."""

from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from tasks.domain import frames
from tasks.domain.dates.date_formats import other_order, why_unusable
from tasks.domain.dates.parse_dates import parse_days
from tasks.domain.definitions.profile import EXCEL, Profile
from tasks.domain.definitions.yaml_models import DefinitionError, parse_model
from tasks.domain.intake.date_doubts import doubt_dates
from tasks.domain.intake.guess.dates import DAY_FIRST, FORMATS, guess_formats

GUADELOUPE, PARIS = ZoneInfo("America/Guadeloupe"), ZoneInfo("Europe/Paris")
HEAD = "mapping: crm\nkind: users\ncolumns:\n  user_id: A\n"


def text(*cells):
    return pd.Series(cells, dtype=frames.TEXT)


def doubts(formats, *cells, column="end_on", zone=PARIS):
    return doubt_dates(text(*cells), formats, pd.Series(range(2, len(cells) + 2)), column, zone)


@pytest.mark.parametrize(
    ("date_format", "says"),
    [
        ("%Q/%m/%Y", "has %Q, which is not known"),
        ("%d/%m/%Y%", "has a % at the end"),
        ("%d/%m", "has no year"),
        ("%d/%Y", "has no month"),
        ("%d/%m/%Y %Y", "has %Y more than once"),
        ("%z %d/%m/%Y", "has %z before its end"),
        ("dd/mm/yyyy", "is not a date format"),
        ("%d/%m/%Y %Z", "has %Z, which is not known"),
    ],
)
def test_a_format_that_reads_no_date_is_refused_with_file_and_line(date_format, says):
    assert says in (why_unusable(date_format) or "")
    with pytest.raises(DefinitionError, match=r"crm.yaml:5: columns.email") as caught:
        parse_model(Profile, f"{HEAD}  email: {{from: B, date_format: '{date_format}'}}\n", "crm.yaml")
    assert says in str(caught.value)


@pytest.mark.parametrize("date_format", [f for f in FORMATS if f != EXCEL] + ["%d %b %Y", "%j/%Y", "%d/%m/%Y %H:%M %z"])
def test_a_format_that_is_taken_never_ends_in_a_traceback(date_format):
    assert why_unusable(date_format) is None
    assert parse_days(text("no date"), date_format).isna().all()


def test_day_and_month_change_places_only_where_both_orders_are_written():
    assert other_order("%d/%m/%y") == "%m/%d/%y"
    assert [other_order(other_order(f)) for f in DAY_FIRST] == list(DAY_FIRST)
    assert (other_order("%Y%m%d"), other_order("%d %b %Y"), other_order("%m/%Y/%d")) == (None, None, None)


def test_a_column_of_both_orders_is_read_in_one_and_told():
    cells = ["13/01/2027", "25/02/2027", "03/04/2027", "01/13/2027"]
    found = guess_formats(text(*cells))
    assert (found.formats, found.unread, found.turned) == (["%d/%m/%Y"], 0, 1)
    (told,) = doubts(["%d/%m/%Y", "%m/%d/%Y"], *cells)
    assert told.startswith("end_on: 3 cells fit %d/%m/%Y and 1 fit %m/%d/%Y only (rows 5)")


@pytest.mark.parametrize(("cell", "date_format"), [("05/06/27", "%d/%m/%y"), ("05/06/2027 10:00", "%d/%m/%Y %H:%M")])
def test_a_column_that_fits_both_orders_is_told(cell, date_format):
    found = guess_formats(text(cell, None).dropna())
    assert (found.formats, found.is_ambiguous) == ([date_format], True)
    assert len(doubts([date_format], cell)) == 1
    assert doubts([date_format], cell, "31/12/27" if "y" in date_format else "31/12/2027 10:00") == []


def test_a_year_alone_is_no_serial_number():
    found = guess_formats(text("1987", "2019"))
    assert (found.formats, found.unread, found.years) == ([], 0, 2)
    assert guess_formats(text("46081", "2019")).formats == [EXCEL]
    assert "2 cells hold a year alone (rows 2, 4)" in doubts([EXCEL], "1987", "46081", "2019")[0]


def test_an_american_time_is_read():
    assert guess_formats(text("05/26/2027 09:00 AM", "07/28/2027 02:00 PM")).formats == ["%m/%d/%Y %I:%M %p"]


def test_a_midnight_in_utc_is_told_only_where_the_firm_is_on_another_day():
    midnight = "2026-12-10T00:00:00.000Z"
    assert "1 cells are midnight with an offset" in doubts(["iso"], midnight, "2026-12-11", zone=GUADELOUPE)[0]
    assert doubts(["iso"], midnight) == doubts(["iso"], midnight, column="starts_at", zone=GUADELOUPE) == []
