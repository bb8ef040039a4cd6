"""What a cell shows: zeros and text of ids are read, amounts stay bare, and what is not certain is said."""

import pytest

from tasks.intake.readers.number_formats import shown, shown_text, writes_zeros_before


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (42, "00000", "00042"),
        (42, '"C"00000', "C00042"),
        (42, r"\C00000", "C00042"),
        (1042, '00"-"000', "01-042"),
        (1042, "00-000", "01-042"),
        (42, "00000;-00000", "00042"),
        (-42, "00000;-00000", "-00042"),
        (-42, "00000", "-00042"),
        (42, "00000_ ", "00042"),
        (7501234, r"00\ 00\ 000", "75 01 234"),
        (42, "[$-40C]00000", "00042"),
        (42, "00000;@", "00042"),
        (12345678900012, "000 000 000 00000", "123 456 789 00012"),
        (42, '"C"0', "C42"),
        (42, '"C"General', "C42"),
        (42, '[Red]"C"0000', "C0042"),
        (1234567, "00-000", "1234-567"),
        (0, "000", "000"),
        (0, '000;-000;"none"', "none"),
        (5551234, r"[<=9999999]###\-####;\(###\)\ ###\-####", "555-1234"),
        (2125551234, r"[<=9999999]###\-####;\(###\)\ ###\-####", "(212) 555-1234"),
        (100000042, '"X"00000', "X100000042"),
        (42, 'General" x"', "42 x"),
        (42, '0" kg"', "42 kg"),
        (42.0, "0\\x", "42x"),
        (42, "[$C-40C]00000", "C00042"),
        (123456789, '0#" "##" "##" "##" "##', "01 23 45 67 89"),
        (123456789, "0#########", "0123456789"),
        (42, '"C"00000;;', "C00042"),
        (0, '"C"00000;;', ""),
        (0, '"C"00000;-0', "C00000"),
        (1234, '0" jours"', "1234 jours"),
    ],
)
def test_zeros_and_text_of_an_id_are_read_as_the_cell_shows_them(value, number_format, text):
    assert shown(value, number_format) == text


@pytest.mark.parametrize(
    "number_format",
    ["General", "0", "#", "#,##0", "0.00", "# ##0", r"#\ ##0", '#,##0 "€"', '#,##0.00\\ "€"', "0E+00", "# ?/?", "@",
     '_-* #,##0.00 "€"_-;-* #,##0.00 "€"_-', "[$€-40C] #,##0", "$0", "General;-General", "#'##0", '0 "€"', ""],
)  # fmt: skip
def test_the_number_of_an_amount_or_a_unit_stays_bare(number_format):
    assert shown(1234, number_format) == "1234"


@pytest.mark.parametrize(
    "number_format",
    [
        '"C"#,##0',
        '"C"0.00',
        "[>5000]000",
        "C00000",
        '00"-"0.0',
        "0000.00",
        "0%",
        "0.0%",
        "#,##0,",
        '#,##0 "kg"',
        ";;;",
        '0.0" x"',
        "0#########",
    ],
)
def test_a_format_that_is_not_certain_is_said_to_be(number_format):
    assert shown(1234, number_format) is None


@pytest.mark.parametrize("number_format", ['0" kg"', 'General" x"', "0%", "00000"])
def test_a_number_with_decimals_under_such_a_format_is_not_certain(number_format):
    assert shown(42.5, number_format) is None


@pytest.mark.parametrize("number_format", ["General", "0", "0.00", "#,##0", '0.00 "€"', "0E+00", ""])
def test_a_number_with_decimals_stays_itself(number_format):
    assert shown(42.5, number_format) == "42.5"


@pytest.mark.parametrize(
    ("number_format", "text"),
    [('"C"@', "C42"), ('00000;-00000;0;"C-"@', "C-42"), ("@", "42"), ("General", "42"), ("00000", "42"), ("@_)", "42")],
)
def test_text_is_read_as_its_cell_shows_it(number_format, text):
    assert shown_text("42", number_format) == text


def test_a_hidden_negative_number_is_said():
    assert shown(-42, '"C"00000;;') is None


@pytest.mark.parametrize(
    ("number_format", "is_doubted"),
    [
        ("000", True),
        ("0000.00", True),
        ("0.00", False),
        ("#,##0.00", False),
        ("General", False),
        ("0%", False),
        (r"\00.0", False),
    ],
)
def test_q6_zeros_before_a_number_with_decimals_are_doubted(number_format, is_doubted):
    assert writes_zeros_before(number_format) == is_doubted
