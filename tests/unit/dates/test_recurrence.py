"""The recurrence engine (T2–T5, P4, P5): the named cases, and 100,000 rows against the slow reference."""

from datetime import date, timedelta

import numpy as np
import pytest

from reference import periods_one
from tasks.domain.dates import recurrence
from tasks.domain.dates.frequency import Frequency, FrequencyError
from tasks.domain.dates.public_holidays import holidays_of
from tasks.domain.dates.recurrence import Placing, Series, next_periods, planned_periods
from tasks.domain.dates.workdays import Workdays

NONE = np.datetime64("NaT", "D")
FAR = 10_000


def series(*rows):
    """Rows of (first, frequency) or dicts with until, quantity, is_last_day beside them."""
    made = [{"since": None, "until": None, "quantity": FAR, "is_last_day": False} | row for row in rows]
    steps = [Frequency.parse(row["frequency"]) for row in made]
    days = lambda key: np.array([row[key] or NONE for row in made], dtype="datetime64[D]")
    return Series(
        first=days("first"),
        step=np.array([s.step for s in steps]),
        is_monthly=np.array([s.is_monthly for s in steps]),
        is_last_day=np.array([row["is_last_day"] for row in made]),
        since=days("since"),
        until=days("until"),
        quantity=np.array([row["quantity"] for row in made]),
    )


def periods(as_of, floor=None, placing=None, **row):
    floors = np.array([floor or NONE], dtype="datetime64[D]")
    return planned_periods(series(row), placing or Placing(), floors, np.datetime64(as_of))


def due(as_of, **row):
    return [str(d) for d in periods(as_of, **row).due_on]


def planned(as_of, **row):
    return [str(d) for d in periods(as_of, **row).planned_on]


def test_t3_monthly_due_on_the_30th_with_ten_days_lead_is_planned_on_the_20th_and_in_february_on_the_18th():
    lead = Placing(lead_days=10)
    assert planned("2027-04-01", first="2027-01-30", frequency="monthly", placing=lead) == [
        "2027-01-20",
        "2027-02-18",
        "2027-03-20",
    ]
    assert planned("2028-03-01", first="2028-01-30", frequency="monthly", placing=lead)[1] == "2028-02-19"


def test_t2_the_31st_monthly_for_two_years_does_not_drift():
    days = due("2028-12-31", first="2027-01-31", frequency="monthly")
    assert days[:4] == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]
    assert days[13] == "2028-02-29"
    assert days[-1] == "2028-12-31"
    assert len(days) == 24


def test_t2_last_day_is_a_choice_of_its_own():
    days = due("2027-04-30", first="2027-01-30", frequency="monthly", is_last_day=True)
    assert days == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]


def test_t2_the_29th_of_february_yearly():
    assert due("2032-12-31", first="2028-02-29", frequency="yearly") == [
        "2028-02-29",
        "2029-02-28",
        "2030-02-28",
        "2031-02-28",
        "2032-02-29",
    ]


def test_quarterly_across_year_ends():
    assert due("2027-12-31", first="2026-08-31", frequency="quarterly") == [
        "2026-08-31",
        "2026-11-30",
        "2027-02-28",
        "2027-05-31",
        "2027-08-31",
        "2027-11-30",
    ]


@pytest.mark.parametrize(("frequency", "step"), [("weekly", 7), ("every 2 weeks", 14)])
def test_weeks_across_both_clock_changes_keep_their_day(frequency, step):
    days = periods("2026-12-31", first="2026-03-16", frequency=frequency).due_on
    assert set(np.diff(days).astype(int)) == {step}
    assert {d.astype(object).weekday() for d in days} == {0}


def test_t4_a_series_that_ends_on_a_due_date_includes_it():
    assert due("2027-12-31", first="2027-01-31", frequency="monthly", until="2027-03-31")[-1] == "2027-03-31"
    assert due("2027-12-31", first="2027-01-31", frequency="monthly", until="2027-03-30")[-1] == "2027-02-28"


def test_p4_periods_due_before_the_floor_are_not_made_and_keep_their_numbers():
    found = periods("2027-05-01", floor="2027-03-31", first="2027-01-31", frequency="monthly")
    assert found.period.tolist() == [2, 3]


def test_p5_a_lead_longer_than_the_period_gives_several():
    assert due("2027-01-01", first="2027-01-15", frequency="monthly", placing=Placing(lead_days=70)) == [
        "2027-01-15",
        "2027-02-15",
    ]


def test_p4_a_quantity_without_recurrence_is_that_many_of_one_date():
    found = periods("2027-01-15", first="2027-01-15", frequency="none", quantity=3)
    assert (found.period.tolist(), {str(d) for d in found.due_on}) == ([0, 1, 2], {"2027-01-15"})
    assert due("2027-01-14", first="2027-01-15", frequency="none", quantity=3) == []


def test_a_quantity_caps_a_recurrence():
    assert len(due("2030-01-01", first="2027-01-15", frequency="monthly", quantity=5)) == 5


@pytest.mark.parametrize(
    ("country", "adjust", "day"),
    [
        ("FR", "next", "2027-07-15"),
        ("FR", "previous", "2027-07-13"),
        ("BE", "next", "2027-07-14"),
        ("BE", "previous", "2027-07-14"),
    ],
)
def test_t5_the_french_national_day_is_a_holiday_in_france_alone(country, adjust, day):
    placing = Placing(adjust=adjust, workdays=Workdays(country))
    assert due("2027-08-01", first="2027-07-14", frequency="none", quantity=1, placing=placing) == [day]


def test_t5_an_adjusted_period_is_never_dropped_at_the_edge_of_the_night():
    placing = Placing(adjust="previous", workdays=Workdays("FR"))
    assert due("2027-05-14", first="2027-05-16", frequency="none", quantity=1, placing=placing) == ["2027-05-14"]


def test_a_row_without_a_first_date_has_no_period():
    found = planned_periods(
        series({"first": None, "frequency": "monthly"}), Placing(), np.array([NONE]), np.datetime64("2030-01-01")
    )
    assert len(found.row) == 0


@pytest.mark.parametrize(
    "text", ["monthyl", "every month", "every 0 days", "every -1 weeks", "", "Monthly", "every 2 fortnights"]
)
def test_a_frequency_that_is_none_is_named(text):
    with pytest.raises(FrequencyError, match="is no frequency; write weekly"):
        Frequency.parse(text)


@pytest.mark.parametrize(
    ("text", "step", "is_monthly"),
    [
        ("every 10 days", 10, False),
        ("every 3 weeks", 21, False),
        ("every 1 month", 1, True),
        ("every 2 years", 24, True),
    ],
)
def test_every_n_units(text, step, is_monthly):
    assert Frequency.parse(text) == Frequency(step, is_monthly)


def test_the_next_period_is_the_first_that_counts_planned_or_not():
    rows = series(
        {"first": "2027-01-31", "frequency": "monthly", "since": "2027-02-01"},
        {"first": "2027-01-31", "frequency": "monthly", "since": "2027-02-01", "until": "2027-02-27"},
        {"first": "2027-03-01", "frequency": "weekly", "since": "2027-02-01"},
        {"first": "2027-01-31", "frequency": "none", "quantity": 1, "since": "2027-02-01"},
        {"first": "2027-02-01", "frequency": "none", "quantity": 1, "since": "2027-02-01"},
        {"first": None, "frequency": "weekly", "since": "2027-02-01"},
    )
    found = next_periods(rows, Placing(offset_days=1, lead_days=10), np.full(6, NONE))
    assert [str(d) for d in found.date] == ["2027-02-28", "NaT", "2027-03-01", "NaT", "2027-02-01", "NaT"]
    assert str(found.due_on[0]) == "2027-03-01"
    assert str(found.planned_on[0]) == "2027-02-19"
    assert np.isnat(found.due_on[1])


def test_periods_before_since_are_not_made_and_keep_their_numbers():
    found = periods("2027-05-01", since="2027-02-28", first="2027-01-31", frequency="monthly")
    assert found.period.tolist() == [1, 2, 3]


@pytest.mark.parametrize(("adjust", "due_on"), [("none", "15"), ("previous", "14"), ("next", "18")])
def test_t5_a_period_that_falls_on_the_floor_counts_wherever_its_due_day_is_moved(adjust, due_on):
    saturday = np.array(["2027-05-15"], dtype="datetime64[D]")  # and 17 May is Whit Monday
    placing = Placing(adjust=adjust, workdays=Workdays("FR"))
    found = next_periods(series({"first": "2027-05-14", "frequency": "every 1 days"}), placing, saturday)
    assert (str(found.date[0]), str(found.due_on[0])) == ("2027-05-15", f"2027-05-{due_on}")
    made = periods("2027-05-18", floor="2027-05-15", first="2027-05-14", frequency="every 1 days", placing=placing)
    assert str(made.date[0]) == "2027-05-15"


def test_a_row_lies_in_the_block_that_it_lies_in(monkeypatch):
    rows = series(*({"first": f"2027-01-{day:02}", "frequency": "weekly"} for day in range(1, 32)))
    ask = lambda: planned_periods(rows, Placing(), np.full(31, NONE), np.datetime64("2027-02-15"))
    at_once = ask()
    monkeypatch.setattr(recurrence, "ROWS_A_BLOCK", 7)
    for column, one in vars(ask()).items():
        assert one.tolist() == getattr(at_once, column).tolist()
    assert set(at_once.row) == set(range(31))


def random_rows(count, seed):
    chance = np.random.default_rng(seed)
    start = date(2024, 1, 1)
    for _ in range(count):
        unit = ("days", "months", "none")[chance.choice(3, p=[0.35, 0.55, 0.1])]
        first = start + timedelta(days=int(chance.integers(0, 1200)))
        if chance.random() < 0.3:
            first = first.replace(day=1) - timedelta(days=1)
        ends = start + timedelta(days=int(chance.integers(300, 1600)))
        floor = start + timedelta(days=int(chance.integers(600, 1400)))
        yield {
            "first": first,
            "unit": unit,
            "every": int(chance.choice([7, 10, 14, 30])) if unit == "days" else int(chance.choice([1, 2, 3, 6, 12])),
            "is_last_day": unit != "days" and bool(chance.random() < 0.2),
            "since": floor - timedelta(days=int(chance.integers(-40, 40))) if chance.random() < 0.5 else None,
            "until": ends if chance.random() < 0.4 else None,
            "quantity": int(chance.integers(1, 6)) if unit == "none" or chance.random() < 0.2 else FAR,
            "floor": floor if chance.random() < 0.7 else None,
        }


@pytest.mark.parametrize(
    ("offset", "lead", "adjust"),
    [
        (0, 0, "none"),
        (0, 10, "none"),
        (-20, 45, "none"),
        (15, 0, "none"),
        (0, 10, "previous"),
        (0, 10, "next"),
        (-3, 90, "next"),
    ],
)
def test_the_engine_equals_the_slow_reference_on_a_hundred_thousand_rows(offset, lead, adjust):
    count = 100_000 // 7 + 1
    rows = list(random_rows(count, seed=abs(offset) * 1000 + lead))
    as_of = date(2027, 3, 1)
    free = set(holidays_of("FR", range(2023, 2030)))
    is_day_off = lambda day: day.weekday() >= 5 or day in free
    day = lambda key: np.array([row[key] or NONE for row in rows], dtype="datetime64[D]")
    made = Series(
        first=day("first"),
        step=np.array([0 if r["unit"] == "none" else r["every"] for r in rows]),
        is_monthly=np.array([r["unit"] == "months" for r in rows]),
        is_last_day=np.array([r["is_last_day"] for r in rows]),
        since=day("since"),
        until=day("until"),
        quantity=np.array([r["quantity"] for r in rows]),
    )
    placing = Placing(offset, lead, adjust, Workdays("FR"))
    found = planned_periods(made, placing, day("floor"), np.datetime64(as_of))
    got = list(
        zip(
            found.row.tolist(),
            found.period.tolist(),
            found.date.tolist(),
            found.due_on.tolist(),
            found.planned_on.tolist(),
            strict=True,
        )
    )
    expected = [
        (number, *period)
        for number, row in enumerate(rows)
        for period in periods_one(row, offset, lead, adjust, is_day_off, as_of)
    ]
    assert got == expected
    later = date(2032, 1, 1)
    upcoming = next_periods(made, placing, day("floor"))
    everything = [periods_one(row, offset, lead, adjust, is_day_off, later)[:1] for row in rows[::20]]
    for row, first in zip(range(0, count, 20), everything, strict=True):
        if first:
            assert (upcoming.date[row], upcoming.due_on[row]) == (first[0][1], first[0][2])
        else:
            assert np.isnat(upcoming.date[row])
