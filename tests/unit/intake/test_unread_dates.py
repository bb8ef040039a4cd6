"""Which format would read the dates that a profile does not read."""

import pandas as pd

from tasks.domain import frames
from tasks.domain.intake.unread_dates import doubt_unread


def said(*cells, name="end_on", formats=()):
    return doubt_unread(pd.Series(cells, dtype=frames.TEXT), name, list(formats), pd.Series(range(2, len(cells) + 2)))


def test_the_format_that_reads_the_cells_is_named_with_the_line_to_write():
    (told,) = said("2026-12-31", "31/12/2026", None, "30/11/2026")
    assert told == (
        "end_on: 2 cells are not read as dates (rows 3, 5); %d/%m/%Y would read them: write "
        '`date_format: "%d/%m/%Y"` in the profile.'
    )
    (told,) = said("31.12.2026", formats=["%d/%m/%Y"])
    assert 'write `date_format: ["%d/%m/%Y", "%d.%m.%Y"]`' in told


def test_the_other_order_of_day_and_month_is_no_format_to_add():
    assert said("01/31/2026", formats=["%d/%m/%Y"]) == []


def test_both_orders_are_told():
    assert "month first would fit as well" in said("05/06/2026")[0]


def test_nothing_is_said_of_what_is_read_is_no_date_or_is_no_column_of_dates():
    assert said("2026-12-31", "2026-12-31T10:00:00Z", None) == []
    assert said("soon") == []
    assert said("31/12/2026", name="name") == []
