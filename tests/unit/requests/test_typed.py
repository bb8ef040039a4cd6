"""Numbers and dates as people type them in three languages; what can be read in two ways is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.requests.typed import masked, plain_date, plain_number
from tasks.domain.requests.values import AnswerError

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("language", "typed", "number"),
    [
        ("fr", "12500", "12500"),
        ("fr", "12 500", "12500"),
        ("fr", "12\u202f500,75", "12500.75"),
        ("fr", "12.500,75", "12500.75"),
        ("fr", "0,5", "0.5"),
        ("fr", "1,234", "1.234"),
        ("fr", "-3,5", "-3.5"),
        ("fr", "1.234.567", "1234567"),
        ("nl", "1.234.567,8", "1234567.8"),
        ("en", "1,234,567.8", "1234567.8"),
        ("en", "1.234", "1.234"),
        ("en", "1'234", "1234"),
        ("nl", "12,5", "12.5"),
        ("en", "12.5", "12.5"),
        ("fr", "12.5", "12.5"),
        ("fr", "0.123", "0.123"),
        ("fr", "12,", "12"),
    ],
)
def test_a_number_is_read_as_it_is_written_there(language, typed, number):
    assert plain_number(typed, language) == number


@pytest.mark.parametrize(("language", "typed"), [("fr", "1.234"), ("nl", "12.500"), ("en", "1,234")])
def test_a_number_that_could_be_two_is_refused_and_not_guessed(language, typed):
    with pytest.raises(AnswerError) as refused:
        plain_number(typed, language)
    assert refused.value.code == "two_numbers"


@pytest.mark.parametrize("typed", ["", "abc", "12 km", "1.23.456", "1,2,3", "--1", "1e5", "٣"])
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(AnswerError):
        plain_number(typed, "fr")


@given(st.integers(-(10**9), 10**9), st.sampled_from(["fr", "nl", "en"]))
def test_a_whole_number_without_separators_stays_what_it_is(number, language):
    assert int(plain_number(str(number), language)) == number


@pytest.mark.parametrize(
    ("language", "typed", "day"),
    [
        ("fr", "1/2/26", "2026-02-01"),
        ("fr", "01-02-26", "2026-02-01"),
        ("fr", "01.02.26", "2026-02-01"),
        ("fr", "1er février 2026", "2026-02-01"),
        ("nl", "1 februari 2026", "2026-02-01"),
        ("en", "1st Feb 2026", "2026-02-01"),
        ("en", "1 mars 2026", "2026-03-01"),
        ("fr", "3/4/85", "1985-04-03"),
        ("fr", "31 / 12 / 30", "2030-12-31"),
    ],
)
def test_a_date_is_read_with_the_day_first(language, typed, day):
    assert plain_date(typed, language, TODAY) == day


@pytest.mark.parametrize("typed", ["2026-02-01", "01/02/2026", "demain"])
def test_a_date_that_is_read_anyway_is_left_as_it_is(typed):
    assert plain_date(typed, "fr", TODAY) == typed


@pytest.mark.parametrize("typed", ["31/2/26", "1 brumaire 2026", "0/1/26"])
def test_a_day_that_does_not_exist_is_refused(typed):
    with pytest.raises(AnswerError):
        plain_date(typed, "fr", TODAY)


@given(st.text(min_size=1, max_size=60))
def test_a_masked_value_hides_the_most_of_it(value):
    shown = masked(value).replace("••••", "").replace(" ", "")
    assert len(shown) <= 8
    assert len(value.strip()) < 8 or len(shown) * 2 <= len(value.strip()) + 2


@pytest.mark.parametrize(
    ("value", "shown"),
    [("FR7630006000011234567890189", "FR76 •••• 0189"), ("12500", "••••"), ("0612345678", "06 •••• 78")],
)
def test_a_masked_value_can_be_recognised(value, shown):
    assert masked(value) == shown
