"""The feed gate (Q3) and its measure."""

import pytest

from tasks.domain.definitions.firm import Gate
from tasks.domain.intake.gate import FeedFigures, GateStopped, check_feed

GATE = Gate(max_row_drop=0.5, max_bad_share=0.2)


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        (FeedFigures("f.csv", 0), "it holds no rows"),
        (FeedFigures("f.csv", 49, last_read=100), "49 rows, where the last good read had 100"),
        (FeedFigures("f.csv", 10, bad=3), "3 of 10 rows are bad"),
        (FeedFigures("f.csv", 20, dates=20, dates_filled=0), "all 20 date cells are empty"),
    ],
)
def test_a_feed_that_looks_broken_is_stopped_with_its_figures(figures, says):
    with pytest.raises(GateStopped, match=says) as caught:
        check_feed(figures, GATE)
    assert str(caught.value).startswith("f.csv: ")
    assert str(caught.value).endswith("Nothing was written and nobody was mailed.")


@pytest.mark.parametrize(
    "figures",
    [
        FeedFigures("f.csv", 50, last_read=100),
        FeedFigures("f.csv", 1000, last_read=100),
        FeedFigures("f.csv", 10, bad=2),
        FeedFigures("f.csv", 20, dates=20, dates_filled=1),
        FeedFigures("f.csv", 20, dates=None),
    ],
)
def test_a_feed_within_its_limits_passes(figures):
    check_feed(figures, GATE)


def test_one_bad_record_stops_only_itself_however_few_there_are():
    check_feed(FeedFigures("f.csv", 2, bad=1), GATE)


def test_a_share_of_a_handful_of_rows_says_nothing():
    check_feed(FeedFigures("f.csv", 1, last_read=9), GATE)
    check_feed(FeedFigures("f.csv", 3, dates=3, dates_filled=0), GATE)
