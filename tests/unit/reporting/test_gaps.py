"""What changed between two runs: the day compared with, shares beside shares, gaps opened and mended."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from tasks.domain import frames
from tasks.domain.quality.gaps import (
    POINTS_SHOWN,
    between,
    compare_scores,
    compared_with,
    gaps_found,
    note_gaps,
    trend,
    with_since,
)

TODAY = date(2026, 11, 24)


def ago(days):
    return TODAY - timedelta(days=days)


def days(*wanted):
    return pd.Series(pd.to_datetime([ago(n) for n in wanted]), dtype=frames.DATE)


@pytest.mark.parametrize(
    ("scored", "compared"),
    [((0, 1, 6, 7, 9), 7), ((0, 8, 30), 8), ((0, 1, 3), 3), ((0,), None), ((), None), ((-5, 2), 2)],
)
def test_the_day_compared_with_is_a_week_old_or_else_the_oldest(scored, compared):
    found = compared_with(days(*scored), TODAY)
    assert found == (None if compared is None else pd.Timestamp(ago(compared)))


def scores(**shares):
    return pd.DataFrame({"criterion": list(shares), "share": [np.nan if s is None else s for s in shares.values()]})


def counts(on, **of):
    rows = [{"scored_on": pd.Timestamp(ago(on)), "criterion": c, "met": m, "not_met": n} for c, (m, n) in of.items()]
    return pd.DataFrame(rows).astype({"scored_on": frames.DATE})


def test_shares_stand_beside_those_of_the_earlier_day_and_a_new_criterion_beside_nothing():
    told = compare_scores(scores(a=0.75, b=1.0, new=0.5, nobody=None), counts(7, a=(1, 1), nobody=(0, 0), gone=(1, 0)))
    assert told["criterion"].tolist() == ["a", "b", "new", "nobody"]
    assert told["difference"].fillna(-9).tolist() == [0.25, -9, -9, -9]
    assert told["share_before"].fillna(-9).tolist() == [0.5, -9, -9, -9]


def test_a_trend_ends_with_today_as_it_is_now_and_holds_at_most_its_points():
    history = pd.concat([counts(n, a=(n, 10), gone=(1, 1)) for n in range(POINTS_SHOWN + 9)], ignore_index=True)
    points = trend(history, scores(a=0.25, nobody=None), TODAY)
    assert set(points["criterion"]) == {"a"}
    assert len(points) == POINTS_SHOWN
    assert points["scored_on"].is_monotonic_increasing
    assert points["scored_on"].iloc[-1] == pd.Timestamp(TODAY)
    assert points["share"].iloc[-1] == 0.25
    assert points["scored_on"].iloc[0] == pd.Timestamp(ago(POINTS_SHOWN - 1))


def gaps(*rows):
    columns = list(frames.GAPS)
    frame = pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows], columns=columns)
    dates = {c: pd.to_datetime(frame[c].astype("object")).astype(frames.DATE) for c in ("since_on", "mended_on")}
    return frame.assign(**dates).astype(dict.fromkeys(columns[:4], frames.TEXT))


def to_correct(*rows):
    columns = ["relation_id", "template", "schedule", "reason"]
    return pd.DataFrame(list(rows), columns=columns).astype(frames.TEXT)


def plain(frame):
    return sorted(
        (r["relation_id"], r["reason"], str(r["since_on"].date()), "" if pd.isna(r["mended_on"]) else "mended")
        for r in frame.to_dict("records")
    )


def test_a_gap_keeps_its_day_takes_its_last_reason_and_comes_back_as_a_new_one():
    known = gaps(
        ("R1", "t", "s", "missing_field", ago(9), None),
        ("R2", "t", "s", "missing_field", ago(9), None),
        ("R3", "t", "s", "missing_field", ago(9), ago(5)),
    )
    found = gaps_found(
        to_correct(
            ("R1", "t", "s", "invalid_field"), ("R3", "t", "s", "missing_field"), ("R3", "t", "s", "missing_field")
        ),
        TODAY,
    )
    assert plain(note_gaps(known, found, TODAY)) == [
        ("R1", "invalid_field", str(ago(9)), ""),
        ("R2", "missing_field", str(ago(9)), "mended"),
        ("R3", "missing_field", str(ago(9)), "mended"),
        ("R3", "missing_field", str(TODAY), ""),
    ]


def test_what_no_run_has_noted_is_to_mend_since_today():
    listed = to_correct(("R1", "t", "s", "missing_field"), ("R2", "t", "s", "missing_field"))
    told = with_since(listed, gaps(("R1", "t", "s", "missing_field", ago(9), None)), TODAY)
    assert told["since_on"].dt.date.tolist() == [ago(9), TODAY]


def test_gaps_of_the_day_compared_with_are_not_news():
    known = gaps(*((f"R{n}", "t", "s", "missing_field", ago(n), None) for n in (8, 7, 6, 0, -1)))
    assert between(known, "since_on", pd.Timestamp(ago(7)), TODAY)["relation_id"].tolist() == ["R0", "R6"]
