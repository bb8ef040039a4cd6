"""A file that is not written as its profile says: read as its bytes are, and told; never garbled in silence."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.intake.readers.raw_file import UnreadableFile
from tasks.intake.readers.read_file import read_bytes, read_file

TITLES = frozenset({"N°", "Prénom", "Solde"})
TEXT = 'N°,Prénom,Solde,Note\r\n1,Zoé,"12,50",a;b\r\n2,Ève,"1 234,00",x\r\n'
ROWS = [["1", "Zoé", "12,50", "a;b"], ["2", "Ève", "1 234,00", "x"]]
MARKED = "utf-8-sig"


def saved(text=TEXT, encoding="utf-8", separator=","):
    """The text as a spreadsheet saves it with another separator."""
    held = io.StringIO(newline="")
    csv.writer(held, delimiter=separator).writerows(csv.reader(io.StringIO(text)))
    return held.getvalue().encode(encoding)


def read(data, encoding="utf-8-sig", separator=",", titles=TITLES, **named):
    return read_bytes("f.csv", data, encoding, separator, titles=titles, **named)


def cells(raw):
    return raw.rows.drop(columns="source_row").to_numpy().tolist()


@pytest.mark.parametrize("encoding", ["utf-8", MARKED, "cp1252", "utf-16", "utf-16-le", "cp850"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("stated", [("utf-8-sig", ","), ("cp1252", ";"), ("utf-16", "\t"), ("latin-1", "|")])
def test_whatever_a_profile_states_the_cells_are_those_of_the_file(encoding, separator, stated):
    raw = read(saved(encoding=encoding, separator=separator), *stated)
    assert cells(raw) == ROWS
    assert any("divided by" in doubt for doubt in raw.doubts) == (separator != stated[1])
    same = {"utf-8": ("utf-8-sig",), MARKED: ("utf-8-sig",), "cp1252": ("cp1252", "latin-1"),
            "utf-16": ("utf-16",), "utf-16-le": (), "cp850": ()}  # fmt: skip
    assert any("which was stated" in doubt for doubt in raw.doubts) == (stated[0] not in same[encoding])


def test_a_file_as_its_profile_states_is_read_without_a_word():
    raw = read(saved(encoding="cp1252", separator=";"), "cp1252", ";")
    assert (cells(raw), raw.doubts) == (ROWS, ())


def test_what_is_read_otherwise_is_said_with_both():
    raw = read(saved(encoding="utf-8", separator=";"), "cp1252", ",")
    assert raw.doubts == (
        "it is read as utf-8: cp1252, which was stated, does not fit its bytes.",
        "its cells are divided by ';', not by ',' as was stated: all titles are found that way.",
    )


def test_a_separator_is_only_exchanged_where_that_finds_more_titles():
    # The title that is missing is missing with any separator, so that the message names it, and nothing else.
    raw = read(b"N;Name\n1;A,B\n", separator=";", titles=frozenset({"N", "Name", "E-mail"}))
    assert (raw.separator, raw.doubts) == (";", ())
    raw = read(b"N;Name\n1;A,B\n", separator=",", titles=frozenset({"N", "Name", "E-mail"}))
    assert (raw.separator, raw.columns) == (";", ("N", "Name"))
    assert raw.doubts[0].endswith("not by ',' as was stated: 2 of the 3 titles are found that way.")


def test_accents_in_titles_decide_between_encodings_of_one_byte_per_character():
    raw = read(saved(encoding="cp850"), "cp1252", titles=TITLES)
    assert raw.doubts[0] == "it is read as cp850: cp1252, which was stated, finds fewer titles than the 3 of this one."
    # Without an accent in a title the profile is believed, and doubted.
    raw = read(saved(encoding="cp850"), "cp1252", titles=frozenset({"Solde"}))
    assert raw.encoding == "cp1252"
    assert any("look like a code page of DOS" in doubt for doubt in raw.doubts)


def test_a_semicolon_in_cells_does_not_take_the_place_of_the_stated_comma():
    data = b"N,Name;Title,Note\n1,A;B,x;y\n2,C;D,z;w\n"
    raw = read(data, titles=frozenset({"N", "Note"}))
    assert (raw.separator, raw.columns) == (",", ("N", "Name;Title", "Note"))


def test_the_sign_around_cells_is_found_as_well():
    quoted = read(b'"num","nom"\n"1","Holm, Rita"\n', titles=frozenset({"num", "nom"}), quote="'")
    assert cells(quoted) == [["1", "Holm, Rita"]]
    assert quoted.doubts == ("its cells stand in \", not in ' as was stated: all titles are found that way.",)


def test_the_line_of_excel_that_names_the_separator_is_followed():
    raw = read("sep=:\r\nN°:Prénom:Solde\r\n1:Zoé:3\r\n".encode())
    assert (raw.separator, cells(raw)) == (":", [["1", "Zoé", "3"]])
    assert "not by ','" in raw.doubts[0]


def test_titles_below_other_lines_are_found_where_the_profile_says():
    data = saved("Export du jour,,,\r\n,,,\r\n" + TEXT, "cp1252", ";")
    raw = read(data, "utf-8", ",", header=3)
    assert cells(raw) == ROWS


def test_without_titles_to_look_for_a_file_is_read_as_stated():
    assert read(b"a;b\n1;2\n", titles=()).columns == ("a;b",)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("N°,Prénom\n".encode() + "1,Zoé Ève Léa\n".encode() + b"2,\xe9\n", "line 3 is not utf-8-sig"),
        ("N°,Prénom\n1,Zo".encode() + b"\xc3", "in the middle of a character, in line 2"),
        (b"", "it is empty"),
        (b"\xff\xfe", "it is empty"),
    ],
)
def test_bytes_that_fit_nothing_are_refused_as_ever(data, says):
    with pytest.raises(UnreadableFile, match=says):
        read(data)


def test_a_file_of_ascii_is_read_as_any_encoding_states():
    for encoding in ("utf-8", "cp1252", "cp850", "mac-roman"):
        assert read(b"N,M\n1,2\n", encoding, titles=frozenset({"N", "M"})).doubts == ()
    raw = read(b"N,M\n1,2\n", "utf-16", titles=frozenset({"N", "M"}))
    assert (cells(raw), raw.encoding) == ([["1", "2"]], "utf-8")


def test_a_workbook_takes_the_place_of_a_text_file(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["N°", "Prénom", "Solde"])
    book.active.append(["1", "Zoé", 12.5])
    book.save(tmp_path / "f.xlsx")
    raw = read_file(tmp_path / "f.xlsx", "cp1252", ";", titles=TITLES)
    assert cells(raw) == [["1", "Zoé", "12.5"]]


WORDS = st.text("aeéèçöß ,;'\"\n1", max_size=8)


@given(
    st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=1, max_size=6),
    st.sampled_from([("utf-8", ";"), ("cp1252", ";"), ("utf-16", "\t"), (MARKED, ",")]),
    st.sampled_from([("utf-8", ","), ("cp1252", ","), ("utf-16", ";")]),
)
def test_saving_a_file_anew_changes_no_cell(rows, written, stated):
    held = io.StringIO(newline="")
    csv.writer(held, delimiter=written[1]).writerows([["Numéro", "Prénom", "N°"], *rows])
    raw = read(held.getvalue().encode(written[0]), *stated, titles=frozenset({"Numéro", "Prénom", "N°"}))
    kept = [[cell or None for cell in row] for row in rows if any(cell.strip() for cell in row)]
    found = raw.rows.drop(columns="source_row").astype(object)
    assert found.where(found.notna(), None).to_numpy().tolist() == kept
