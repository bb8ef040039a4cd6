"""The small charts: one scale for all, days as far apart as they were, today at the right."""

import pandas as pd

from tasks.domain import frames
from tasks.reporting.charts import HEIGHT, LEFT, TOP, WIDTH, panels


def points(*rows):
    return pd.DataFrame(list(rows), columns=["criterion", "scored_on", "share"]).astype({"scored_on": frames.DATE})


def test_a_chart_goes_from_the_first_day_to_today_and_from_nobody_to_everybody():
    drawn = panels(
        points(("a", "2026-11-14", 0.0), ("a", "2026-11-16", 0.5), ("a", "2026-11-24", 1.0), ("b", "2026-11-24", 0.5)),
        "fr",
    )
    assert [panel["criterion"] for panel in drawn] == ["a", "b"]
    placed = [tuple(map(float, pair.split(","))) for pair in drawn[0]["line"].split()]
    assert placed == [
        (LEFT, TOP + HEIGHT),
        (LEFT + WIDTH * 0.2, TOP + HEIGHT / 2),
        (LEFT + WIDTH, TOP),
    ]
    assert (drawn[0]["first"], drawn[0]["last"]) == ("14 nov.", "24 nov.")
    assert drawn[1]["x"] == LEFT + WIDTH


def test_a_single_run_is_a_point_at_the_right():
    drawn = panels(points(("a", "2026-11-24", 0.25)), "nl")
    assert [(p["x"], p["share"], p["runs"]) for p in drawn] == [(LEFT + WIDTH, 0.25, 1)]


def test_nothing_scored_is_nothing_drawn():
    assert panels(points(), "fr") == []
