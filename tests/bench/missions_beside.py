"""What stands beside the recurrence engine: polars, DuckDB and dateutil, each asked for the same periods.

Each gets its data in its own kind of table before the clock starts, need not sort, and knows only the columns that it
needs: nothing here begins late, and nothing recurs a given number of times. Of several ways to write each, this
is the fastest that was found; every period is compared with the engine's, outside the seconds.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
from dateutil.relativedelta import relativedelta

from tasks.domain.dates.recurrence import Series
from tests.bench.missions import COLUMNS, FLOOR, LEAD_DAYS, REACH, missions, ours, timed

ROWS_LOOPED = 5000
FLOOR_DAY, REACH_DAY, LEAD = FLOOR.item(), REACH.item(), timedelta(days=LEAD_DAYS)


def _columns(series: Series) -> dict[str, np.ndarray]:
    return {
        "row": np.arange(len(series.first), dtype=np.int32),
        "first": series.first,
        "step": series.step.astype(np.int32),
        "is_monthly": series.is_monthly,
        "is_last_day": series.is_last_day,
        "until": series.until,
    }


def _assert_the_same(found: dict[str, np.ndarray], series: Series) -> None:
    """Hold what was found, in any order, to the engine's periods."""
    expected = ours(series)
    order = np.lexsort((found["period"], found["row"]))
    for name in COLUMNS:
        assert np.array_equal(found[name][order], getattr(expected, name)), f"{name} differs"


def in_polars(size: int) -> dict[str, float]:
    """Bounds by arithmetic, a range a row, months by a table of their first days; streaming, on all cores.

    `dt.offset_by` takes 1.7 times as long, `pl.date` twice as long, the in-memory engine 1.4 times.
    """
    import polars as pl

    series = missions(size)
    frame = pl.DataFrame(_columns(series))
    seconds, found = timed(lambda: _polars_plan(frame).collect(engine="streaming"))
    _assert_the_same({name: found[name].to_numpy() for name in COLUMNS}, series)
    return {"seconds": min(seconds), "periods": len(found)}


def _polars_plan(frame: Any) -> Any:
    import polars as pl

    rows, date = frame.lazy(), pl.col("date")
    once = rows.filter(step=0).select(
        "row",
        "until",
        period=pl.lit(0, dtype=pl.Int32),
        date=pl.when("is_last_day").then(pl.col("first").dt.month_end()).otherwise("first"),
    )
    return (
        pl.concat([_polars_months(rows), _polars_days(rows), once], how="diagonal")
        .filter(date.is_between(FLOOR_DAY, REACH_DAY), pl.col("until").is_null() | (date <= pl.col("until")))
        .select("row", "period", "date", due_on="date", planned_on=date - LEAD)
    )


def _polars_days(rows: Any) -> Any:
    import polars as pl

    step, last = pl.col("step"), pl.min_horizontal("until", pl.lit(REACH_DAY)).cast(pl.Int32)
    days = rows.filter(step > 0, ~pl.col("is_monthly")).with_columns(pl.col("first").cast(pl.Int32))
    low = ((pl.lit(FLOOR_DAY).cast(pl.Int32) - pl.col("first") + step - 1) // step).clip(0)
    return _polars_ranges(days, low, (last - pl.col("first")) // step).select(
        "row", "until", "period", date=(pl.col("first") + pl.col("period") * step).cast(pl.Date)
    )


def _polars_months(rows: Any) -> Any:
    import polars as pl

    step, first = pl.col("step"), pl.col("first")
    month = lambda day: day.dt.year() * 12 + day.dt.month().cast(pl.Int32) - (1970 * 12 + 1)
    starts = np.arange("1970-01", "2070-01", dtype="datetime64[M]").astype("datetime64[D]")
    start_of = lambda number: pl.lit(pl.Series(starts.astype(np.int32))).gather(number)
    is_ending = pl.col("until") < REACH_DAY
    last = pl.when(is_ending).then(month(pl.col("until"))).otherwise(month(pl.lit(REACH_DAY)))
    months = rows.filter("is_monthly").with_columns(month=month(first))
    low = ((month(pl.lit(FLOOR_DAY)) - pl.col("month") + step - 1) // step).clip(0)
    number = pl.col("month") + pl.col("period") * step
    month_end = start_of(number + 1) - 1
    clamped = pl.min_horizontal(start_of(number) + first.dt.day().cast(pl.Int32) - 1, month_end)
    return _polars_ranges(months, low, (last - pl.col("month")) // step).select(
        "row", "until", "period", date=pl.when("is_last_day").then(month_end).otherwise(clamped).cast(pl.Date)
    )


def _polars_ranges(rows: Any, low: Any, high: Any) -> Any:
    """Each row once for each period from low to high."""
    import polars as pl

    bounded = rows.with_columns(low=low, high=high).filter(pl.col("low") <= pl.col("high"))
    return bounded.with_columns(period=pl.int_ranges("low", pl.col("high") + 1, dtype=pl.Int32)).explode("period")


LAST_SQL = f"least(DATE '{REACH}', until)"
MONTHS_SQL = f"""
    SELECT row, period, until, CAST(
        CASE WHEN is_last_day THEN last_day(first + to_months((period * step)::INT))
             ELSE first + to_months((period * step)::INT) END AS DATE) AS date
    FROM (SELECT *, unnest(generate_series(
            greatest(0, (datediff('month', first, DATE '{FLOOR}') + step - 1) // step),
            datediff('month', first, {LAST_SQL}) // step)) AS period
          FROM missions WHERE is_monthly)"""
DAYS_SQL = f"""
    SELECT row, period, until, first + (period * step)::INT AS date
    FROM (SELECT *, unnest(generate_series(
            greatest(0, (DATE '{FLOOR}' - first + step - 1) // step), ({LAST_SQL} - first) // step)) AS period
          FROM missions WHERE NOT is_monthly AND step > 0)"""
ONCE_SQL = """
    SELECT row, 0 AS period, until, CASE WHEN is_last_day THEN last_day(first) ELSE first END AS date
    FROM missions WHERE step = 0"""
PERIODS_SQL = f"""
    SELECT row, period, date, date AS due_on, date - {LEAD_DAYS} AS planned_on
    FROM ({MONTHS_SQL} UNION ALL {DAYS_SQL} UNION ALL {ONCE_SQL})
    WHERE date BETWEEN DATE '{FLOOR}' AND {LAST_SQL}"""


def in_duckdb(size: int) -> dict[str, float]:
    """Bounds by arithmetic, generate_series between them, intervals from the first date; the result as Arrow columns.

    One CASE over all rows takes 1.4 times as long, a table as the result 1.1 times, a series from each first date 5 times.
    """
    import duckdb
    import pyarrow as pa

    series = missions(size)
    table = pa.table({name: pa.array(column) for name, column in _columns(series).items()})
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    connection.register("arrow", table)
    connection.execute("CREATE TABLE missions AS SELECT * FROM arrow")
    seconds, found = timed(lambda: connection.sql(PERIODS_SQL).to_arrow_table())
    _assert_the_same({name: found[name].to_numpy() for name in COLUMNS}, series)
    return {"seconds": min(seconds), "periods": len(found)}


def in_loops(size: int) -> dict[str, float]:
    """Row by row with relativedelta over a sample, extrapolated: from each first date on, and from the floor on."""
    series = missions(size)
    sample = series.take(slice(ROWS_LOOPED))
    rows = list(zip(*(column.tolist() for column in _columns(sample).values()), strict=True))
    found = {"looped": float(len(rows))}
    for name, begins in (("from_first", lambda *_: 0), ("from_floor", _first_number)):
        seconds, periods = timed(lambda begin=begins: [p for row in rows for p in _loop(*row, begin)], times=3)
        _assert_the_same(dict(zip(COLUMNS, map(np.array, zip(*periods, strict=True)), strict=True)), sample)
        found[name] = min(seconds) * size / len(rows)
    return found | {"seconds": found["from_floor"]}


def _loop(
    row: int, first: date, step: int, is_monthly: bool, is_last_day: bool, until: date | None, begins: Any
) -> Iterator[tuple[int, int, date, date, date]]:
    end = min(until or REACH_DAY, REACH_DAY)
    period = begins(first, step, is_monthly)
    while True:
        day = first + (relativedelta(months=period * step) if is_monthly else relativedelta(days=period * step))
        if is_last_day:
            day += relativedelta(day=31)
        if day > end:
            return
        if day >= FLOOR_DAY:
            yield row, period, day, day, day - LEAD
        if not step:
            return
        period += 1


def _first_number(first: date, step: int, is_monthly: bool) -> int:
    """The first period that may lie in the window."""
    months = (FLOOR_DAY.year - first.year) * 12 + FLOOR_DAY.month - first.month
    distance = months if is_monthly else (FLOOR_DAY - first).days
    return max(0, -(-distance // step)) if step else 0
