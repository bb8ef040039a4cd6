"""Dates with the month by its name, in four languages, whole or short."""

import pandas as pd
import pytest

from tasks.domain import frames
from tasks.domain.dates.month_names import NAMES
from tasks.domain.dates.parse_dates import parse_days
from tasks.domain.intake.guess.dates import guess_formats


@pytest.mark.parametrize(
    ("cell", "date_format"),
    [
        ("3 août 2026", "%d %B %Y"),
        ("3 aug. 2026", "%d %b %Y"),
        ("3 Augustus 2026", "%d %B %Y"),
        ("03-AUG-2026", "%d-%b-%Y"),
        ("August 3, 2026", "%B %d, %Y"),
    ],
)
def test_a_month_is_read_by_its_name(cell, date_format):
    assert parse_days(pd.Series([cell], dtype=frames.TEXT), date_format).tolist() == [pd.Timestamp("2026-08-03")]


def test_every_name_is_read_as_its_month():
    for number, names in enumerate(NAMES.values(), start=1):
        cells = pd.Series([f"5 {name} 2026" for name in names.split()], dtype=frames.TEXT)
        assert set(parse_days(cells, "%d %b %Y")) == {pd.Timestamp(2026, number, 5)}


def test_a_word_that_is_no_month_is_no_date():
    assert parse_days(pd.Series(["3 lundi 2026", None], dtype=frames.TEXT), "%d %b %Y").isna().all()


@pytest.mark.parametrize(
    ("cells", "formats"),
    [
        (["31 décembre 2026", "1 févr. 2027"], ["%d %b %Y"]),
        (["3. März 2026", "14. Mai 2026"], ["%d. %b %Y"]),
        (["May 3, 2026"], ["%b %d, %Y"]),
        (["07/15/2009 02:14:45+0200", "07/13/2009 22:14:45+0100"], ["%m/%d/%Y %H:%M:%S%z"]),
        (["31/12/2026 11:59:00 PM"], ["%d/%m/%Y %I:%M:%S %p"]),
        (["31.12.2026 08:15"], ["%d.%m.%Y %H:%M"]),
        (["2026/12/31 08:15"], ["%Y/%m/%d %H:%M"]),
    ],
)
def test_formats_with_names_times_and_offsets_are_guessed(cells, formats):
    found = guess_formats(pd.Series(cells, dtype=frames.TEXT))
    assert (found.formats, found.unread, found.is_ambiguous) == (formats, 0, False)


def test_both_orders_are_told_with_an_offset_too():
    assert guess_formats(pd.Series(["05/06/2009 02:14+0200"], dtype=frames.TEXT)).is_ambiguous
