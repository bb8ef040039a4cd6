"""Reading files: same bytes, same frames; every record accounted for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.files import safe_cell
from tasks.intake.readers.raw_file import UnreadableFile
from tasks.intake.readers.read_file import read_file


@pytest.fixture
def file(tmp_path):
    def write(content: bytes):
        path = tmp_path / "f.csv"
        path.write_bytes(content)
        return path

    return write


def test_every_cell_is_text_and_the_row_numbers_are_the_spreadsheets(file):
    raw = read_file(file(b"id,name\n007,A\n\n,\n2,\xc3\xa9\n"))
    assert raw.rows["id"].tolist() == ["007", "2"]
    assert raw.rows["source_row"].tolist() == [2, 5]
    assert raw.read == 2, "blank records hold nothing"


def test_a_byte_order_mark_crlf_and_quoted_newlines_are_read(file):
    raw = read_file(file(b'\xef\xbb\xbfid,note\r\n1,"a\r\nb"\r\n'))
    assert raw.rows.columns.tolist() == ["id", "note", "source_row"]
    assert raw.rows["note"].tolist() == ["a\r\nb"]


def test_ragged_rows_are_set_aside_with_their_text(file):
    raw = read_file(file(b"id,name\n1,A\n2\n3,C,c\n"))
    assert raw.rows["id"].tolist() == ["1"]
    assert raw.ragged[["source_row", "cells"]].values.tolist() == [[3, "2"], [4, "3,C,c"]]
    assert raw.read == 3


def test_a_quote_that_never_closes_is_told_with_what_it_swallowed(file):
    raw = read_file(file(b'id,name\n0,"Z\nz"\n1,"A\n2,B\n3,C\n'))
    assert raw.rows["id"].tolist() == ["0"]
    assert raw.ragged["source_row"].tolist() == [3]
    assert "never closes; the 3 lines after it" in raw.ragged["problem"].iloc[0]
    assert "3,C" in raw.ragged["cells"].iloc[0], "nothing is lost"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_can_be_found_out(file, encoding, separator):
    text = f'id{separator}"né, le"{separator}c\r\n1{separator}é{separator}x\r\n'
    raw = read_file(file(text.encode(encoding)), "auto", "auto")
    assert raw.rows.columns.tolist() == ["id", "né, le", "c", "source_row"]
    assert raw.rows["né, le"].tolist() == ["é"]


def test_a_title_that_stands_twice_gets_a_number(file):
    raw = read_file(file(b"id,date,date,\n1,2,3,\n"))
    assert raw.rows.columns.tolist() == ["id", "date", "date#2", "", "source_row"]


def test_a_ten_megabyte_cell_is_read(file):
    raw = read_file(file(b"id,name\n1," + b"x" * 10_000_000 + b"\n"))
    assert len(raw.rows["name"].iloc[0]) == 10_000_000


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "it is empty"), (b"id,name\n1,\xe9\n", "Name a mapping with the file's own encoding")],
)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(file, content, says):
    with pytest.raises(UnreadableFile, match=says) as caught:
        read_file(file(content))
    assert str(caught.value).startswith("f.csv: ")


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match=r"nowhere\.csv: cannot be read"):
        read_file(tmp_path / "nowhere.csv")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_at_all_bring_anything_but_rows_or_words(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "f.csv"
    path.write_bytes(b"a,b\n" + content)
    try:
        first, second = read_file(path, "latin-1"), read_file(path, "latin-1")
    except UnreadableFile:
        return
    assert first.rows.equals(second.rows)
    assert first.read == len(first.rows) + len(first.ragged)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_could_be_a_formula_is_defused(start):
    assert safe_cell(start + "1+1") == "'" + start + "1+1"
