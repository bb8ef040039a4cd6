"""The trend over runs as small charts, one per criterion, all on the same scale; their points are computed here.

May touch: babel, pandas. Tests: tests/unit/reporting/test_charts.py.
"""

from typing import Any

import pandas as pd
from babel.dates import format_date

WIDTH, HEIGHT = 200, 84  # of the plot area, in SVG units
LEFT, TOP = 52, 12


def panels(points: pd.DataFrame, locale: str) -> list[dict[str, Any]]:
    """One chart per criterion: dates from left to right, spaced in proportion to time; shares from 0 to 100 %.

    Args:
        points: criterion, scored_on, share (`progress.trend`).
        locale: for writing dates.

    Returns:
        criterion, line (the points in SVG's notation), x and y of the last point, its share, first and last date as
        text, runs (the number of points); in the order of `points`.
    """
    if points.empty:
        return []
    first, last = points["scored_on"].min(), points["scored_on"].max()
    span = max((last - first).days, 1)
    # A single run is placed at the right edge, where today is.
    from_left = (points["scored_on"] - first).dt.days / span if last > first else pd.Series(1.0, index=points.index)
    placed = points.assign(x=LEFT + WIDTH * from_left, y=TOP + HEIGHT * (1 - points["share"]))
    days = {"first": _day(first, locale), "last": _day(last, locale)}
    return [_panel(str(criterion), group, days) for criterion, group in placed.groupby("criterion", sort=False)]


def _panel(criterion: str, group: pd.DataFrame, days: dict[str, str]) -> dict[str, Any]:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(group["x"], group["y"], strict=True))
    end = group.iloc[-1]
    here = {"x": round(float(end["x"]), 1), "y": round(float(end["y"]), 1), "share": float(end["share"])}
    return {"criterion": criterion, "line": line, "runs": len(group)} | here | days


def _day(day: pd.Timestamp, locale: str) -> str:
    return format_date(day.date(), format="d MMM", locale=locale)
