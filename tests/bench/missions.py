"""The recurrence engine alone: SIZE mission services, and the periods of each that a night plans.

The night looks thirty days back, so its window holds a month's end and the end of a February.
Imports little: memory is measured, and what is imported counts.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tasks.domain.dates.frequency import Frequency
from tasks.domain.dates.recurrence import Periods, Placing, Series, planned_periods
from tasks.domain.dates.workdays import Workdays
from tests.bench.measure import peak_mb

AS_OF = np.datetime64("2027-03-01")
CATCH_UP_DAYS, LEAD_DAYS = 30, 10
FLOOR = AS_OF - np.timedelta64(CATCH_UP_DAYS, "D")
REACH = AS_OF + np.timedelta64(LEAD_DAYS, "D")
FREQUENCIES = ("weekly", "every 2 weeks", "monthly", "bimonthly", "quarterly", "semiannual", "yearly", "none")
DAYS_BACK = 3 * 365
NO_CAP = 10_000
TIMES = 7
CHUNKS = 10
COLUMNS = ("row", "period", "date", "due_on", "planned_on")


def missions(size: int, seed: int = 0) -> Series:
    """First dates over three years, three in ten on a month's last day; every frequency alike; one in five ends."""
    chance = np.random.default_rng(seed)
    first = AS_OF - chance.integers(0, DAYS_BACK, size).astype("timedelta64[D]")
    month_end = (first.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    first = np.where(chance.random(size) < 0.3, month_end, first)
    frequencies = [Frequency.parse(text) for text in FREQUENCIES]
    picked = chance.integers(0, len(frequencies), size)
    step = np.array([f.step for f in frequencies])[picked]
    is_monthly = np.array([f.is_monthly for f in frequencies])[picked]
    until = first + chance.integers(30, 1500, size).astype("timedelta64[D]")
    never = np.full(size, "NaT", dtype="datetime64[D]")
    return Series(
        first=first,
        step=step,
        is_monthly=is_monthly,
        is_last_day=(chance.random(size) < 0.1) & (is_monthly | (step == 0)),
        since=never,
        until=np.where(chance.random(size) < 0.2, until, never),
        quantity=np.where(step == 0, 1, NO_CAP),
    )


def ours(series: Series, placing: Placing | None = None) -> Periods:
    """What the engine plans of them."""
    return planned_periods(series, placing or Placing(lead_days=LEAD_DAYS), np.full(len(series.first), FLOOR), AS_OF)


def timed(work: Callable[[], Any], times: int = TIMES) -> tuple[list[float], Any]:
    """Seconds of each time, and the last result."""
    seconds, result = [], None
    for _ in range(times):
        result = None  # two results at once are no part of the work
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    return seconds, result


def planned(size: int) -> dict[str, float]:
    """Dates as they fall; `made_mb` is the peak before the engine was asked."""
    return _measured(missions(size), Placing(lead_days=LEAD_DAYS))


def adjusted(size: int) -> dict[str, float]:
    """The same, each due day moved to the next working day in France."""
    return _measured(missions(size), Placing(lead_days=LEAD_DAYS, adjust="next", workdays=Workdays("FR")))


def _measured(series: Series, placing: Placing) -> dict[str, float]:
    made_mb = peak_mb()
    seconds, found = timed(lambda: ours(series, placing))
    return {"seconds": min(seconds), "periods": len(found.row), "made_mb": made_mb}


def chunked(size: int) -> dict[str, float]:
    """Ten times as many, a chunk of SIZE at a time; each by turns with one and the same chunk, which ten times is linear."""
    same = missions(size, seed=CHUNKS)
    timed(lambda: ours(same), times=1)  # the first is dearer: it asks the system for memory
    total, linear, periods = 0.0, 0.0, 0
    for number in range(CHUNKS):
        series = missions(size, number)
        (seconds,), found = timed(lambda chunk=series: ours(chunk), times=1)
        (again,), _ = timed(lambda: ours(same), times=1)
        total, linear, periods = total + seconds, linear + again, periods + len(found.row)
    return {"seconds": total, "linear": linear, "periods": periods}
