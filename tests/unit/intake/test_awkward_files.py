"""Text files as other programs leave them behind: each is read right, or refused with what to do."""

import gzip
import io
import os
import zipfile

import pytest

from tasks.domain.intake.ids import BLANKS
from tasks.intake.readers import read_file as door
from tasks.intake.readers.raw_file import UnreadableFile, titles_of
from tasks.intake.readers.read_file import read_file


@pytest.fixture
def file(tmp_path):
    def write(content, name="f.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def cells(raw):
    """Every row's cells, with its number in front."""
    columns = raw.rows[[*raw.columns]].astype(object).where(lambda f: f.notna(), None)
    return [[n, *row] for n, row in zip(raw.rows["source_row"], columns.to_numpy().tolist(), strict=True)]


def refusal(path, *how, **named):
    with pytest.raises(UnreadableFile) as caught:
        read_file(path, *how, **named)
    assert str(caught.value).startswith(path.name)
    assert str(caught.value).endswith(".")
    return str(caught.value).removeprefix(f"{path.name}: ")


# What a text file may be written in


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_encoding_and_separator_is_found_out_and_told(file, encoding, separator):
    text = "id,nom,carte\r\n1,Zoé,x\r\n2,Ève,y\r\n".replace(",", separator)
    raw = read_file(file(text.encode(encoding)), "auto", "auto")
    assert raw.rows["nom"].tolist() == ["Zoé", "Ève"]
    assert (raw.encoding, raw.separator) == (encoding, separator)


def test_a_byte_order_mark_is_no_part_of_the_first_title_whatever_the_encoding_is_called(file):
    for encoding in ("utf-8", "utf-8-sig", "auto"):
        assert read_file(file(b"\xef\xbb\xbfid,n\n1,A\n"), encoding).columns == ("id", "n")
    assert read_file(file("\ufeffid,n\n1,A\n".encode("utf-16-le")), "utf-16-le").columns == ("id", "n")


def test_an_encoding_that_is_named_is_believed(file):
    assert read_file(file("id,n\n1,é\n".encode("cp850")), "cp850").rows["n"].tolist() == ["é"]


def test_a_wrong_encoding_is_refused_with_the_line_and_without_its_text(file):
    said = refusal(file("id,n\n1,Zoé\n2,Léa\n".encode("cp1252")))
    assert said.startswith("line 2 is not utf-8-sig. Name a mapping with the file's own encoding")
    assert "Zo" not in said
    assert "is no encoding" in refusal(file("id\n1\n"), "rot13")


def test_one_bad_byte_does_not_turn_utf8_into_cp1252(file):
    said = refusal(file("id,n\n1,Zoé\n2,Ève\n3,".encode() + b"\xe9\n"), "auto")
    assert said.startswith("most of it is utf-8, but line 4 is not utf-8.")


def test_half_a_byte_order_mark_is_no_text(file):
    for encoding in ("utf-8", "utf-8-sig"):
        assert "in the middle of a character, in line 1" in refusal(file(b"\xef"), encoding)


def test_bytes_that_no_encoding_has_are_refused(file):
    assert refusal(file(b"id,n\n1,\x81\n"), "auto").startswith("line 2 is not cp1252. Export it again as UTF-8")


def test_an_unquoted_comma_in_a_title_does_not_make_the_comma_the_separator(file):
    raw = read_file(file("Nom, prénom;Email\nMartin, Jeanne;a@b.example\nDupont;c@d.example\n"), "auto", "auto")
    assert (raw.separator, raw.columns) == (";", ("Nom, prénom", "Email"))


def test_where_two_separators_split_alike_it_is_not_the_comma(file):
    raw = read_file(file("Nom, prénom;Email\nMartin, Jeanne;a@b.example\nDupont, Luc;c@d.example\n"), "auto", "auto")
    assert raw.separator == ";"


def test_a_file_of_one_column_needs_no_separator(file):
    raw = read_file(file("id\n1\n2\n"), "auto", "auto")
    assert (raw.separator, raw.rows["id"].tolist()) == (",", ["1", "2"])


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_excels_line_names_the_separator_and_is_a_record_of_the_file(file, line):
    for encoding in ("utf-8", "utf-8-sig"):
        raw = read_file(file(f"{line}\r\nid;n\r\n1;A\r\n".encode(encoding)), "auto", "auto")
        assert (raw.separator, raw.preamble, cells(raw)) == (";", 1, [[3, "1", "A"]])
    unusual = file(line.replace(";", ":") + "\nid:n\n1:A\n")
    assert read_file(unusual, "auto", "auto").separator == ":"
    assert read_file(file(f"{line}\nid,n\n1,A\n")).columns == ("id", "n"), "a separator that is named is believed"
    assert read_file(file(f"{line}\nTitle\nid;n\n1;A\n"), "auto", "auto", header=3).columns == ("id", "n")


# Lines and records


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_end_a_record_and_stay_in_quotes(file, end):
    raw = read_file(file(end.join(["id,note", f'1,"a{end}b"', "2,c", ""])))
    assert cells(raw) == [[2, "1", f"a{end}b"], [3, "2", "c"]]


def test_blank_records_are_not_counted_but_numbered(file):
    raw = read_file(file('id,n\n\n1,A\n,\n  ,\t\n"",""\n\n\n2,\n \n\n'))
    assert (cells(raw), raw.read) == ([[3, "1", "A"], [9, "2", None]], 2)


def test_all_that_python_takes_for_a_blank_is_one():
    assert set(BLANKS) == {c for c in map(chr, range(0x110000)) if c.isspace()}


def test_a_preamble_is_counted_and_the_rows_keep_the_files_numbers(file):
    content = 'Export du 24/11/2026,,\n\n"Cabinet ""X"",\nParis"\nid,n\n1,A\n2\n'
    raw = read_file(file(content), header=4)
    assert (raw.preamble, raw.columns, cells(raw)) == (3, ("id", "n"), [[5, "1", "A"]])
    assert raw.ragged["source_row"].tolist() == [6]


def test_a_quote_around_nothing_but_line_ends_holds_nothing(file):
    assert read_file(file('id,n\n1,A\n"\n\n')).read == 1


def test_two_million_blank_lines_hide_no_separator(file):
    path = file("id;n\n1;A\n" + "\n" * 2_000_000)
    assert read_file(path, "auto", "auto").separator == ";"


def test_blank_records_before_the_titles_are_passed_over(file):
    raw = read_file(file("\n,,\nid,n\n1,A\n"))
    assert (raw.preamble, cells(raw)) == (2, [[4, "1", "A"]])


def test_a_header_beyond_the_end_is_refused(file):
    assert refusal(file("id,n\n1,A\n"), header=5).startswith("the titles should stand in row 5, and there are 2 rows.")


@pytest.mark.parametrize("content", ["", "\n\n", " , \n,\n", b"\xef\xbb\xbf", "\x1a"])
def test_a_file_that_holds_nothing_is_refused(file, content):
    assert refusal(file(content)).startswith("it is empty")


def test_a_quote_that_opens_in_the_header_is_refused_and_nothing_quoted(file):
    said = refusal(file('id,"name\n1,Jeanne\n'))
    assert said.startswith("a quote opens in row 1, where the titles should stand, and never closes.")


def test_equal_and_empty_titles_get_numbers_and_no_column_is_lost(file):
    raw = read_file(file("date,date,,date#2, date ,,source_row\n1,2,3,4,5,6,7\n"))
    assert raw.columns == ("date", "date#2", "", "date#2#2", "date#3", "#2", "source_row#2")
    assert cells(raw) == [[2, *"1234567"]]
    assert raw.rows.columns.tolist() == [*raw.columns, "source_row"]


def test_a_title_that_looks_like_a_second_one_stays_itself(file):
    assert read_file(file("a,a#2,a\n1,2,3\n")).columns == ("a", "a#2", "a#3")


def test_thirty_thousand_empty_titles_are_told_apart():
    assert len(set(titles_of([""] * 30_000))) == 30_000


def test_zero_bytes_stay_in_their_cells(file):
    raw = read_file(file("id,n\n1,A\0B\n\0,\0\n"))
    assert cells(raw) == [[2, "1", "A\0B"], [3, "\0", "\0"]]


def test_a_cell_of_ten_megabytes_and_its_neighbours_are_read(file):
    raw = read_file(file("id,n\n1,A\n2," + "x" * 10_000_000 + "\n3,C\n"))
    assert [len(row[2]) for row in cells(raw)] == [1, 10_000_000, 1]


def test_the_end_mark_of_dos_is_no_record(file):
    raw = read_file(file("id,n\n1,A\n\x1a"))
    assert (cells(raw), raw.read) == ([[2, "1", "A"]], 1)


def test_quotes_inside_cells_are_read_as_csv_has_them(file):
    raw = read_file(file('id,n\n1,"a ""b"" c"\n2,a "b"\n3,"a" b\n4,""\n5,""""\n'))
    assert [row[2] for row in cells(raw)] == ['a "b" c', 'a "b"', "a b", None, '"']


# Files that are not finished


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ("id,n\n1,A\n2", 3),
        ("id,n\n1,A\n\n2", 4),
        ('id,n\n1,"A\nB"\n2,"C', 3),
        ('id,n\n1,"A\n2,B', 2),
        ("id,n\n1", 2),
    ],
)
def test_a_last_record_that_is_cut_off_is_told_with_its_row(file, content, row):
    said = refusal(file(content))
    assert said.startswith(f"it ends in the middle of row {row}: it is still being written, or was cut off.")


@pytest.mark.parametrize("content", ["id,n\n1,A\n2,B", 'id,n\n1,A\n2,"B"', "id,n\r\n1,A\r\n2,B"])
def test_a_whole_last_record_needs_no_line_end(file, content):
    assert cells(read_file(file(content))) == [[2, "1", "A"], [3, "2", "B"]]


def test_a_file_cut_off_in_the_middle_of_a_character_is_told(file):
    cut = "id,n\n1,Zoé\n2,Zoé".encode()[:-1]
    for encoding in ("utf-8", "auto"):
        assert refusal(file(cut), encoding).startswith("it ends in the middle of a character, in line 3: it is still")
    assert "in the middle of a character" in refusal(file("id\n1\n".encode("utf-16")[:-1]), "utf-16")


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_file_that_changes_while_it_is_read_is_refused(file, monkeypatch, change):
    path = file("id,n\n1,A\n")
    read_bytes = type(path).read_bytes

    def read_and_change(self):
        data = read_bytes(self)
        written = self.stat().st_mtime_ns
        self.write_bytes(data + b"2,B\n" if change == "size" else data)
        os.utime(self, ns=(1, 1 if change == "time" else written))
        return data

    monkeypatch.setattr(type(path), "read_bytes", read_and_change)
    assert refusal(path).startswith("it is still being written, and changed while it was read.")


@pytest.mark.parametrize("name", ["f.csv.part", "f.csv.tmp", "f.CSV.crdownload", "~$f.xlsx", ".~lock.f.csv"])
def test_a_name_that_says_unfinished_is_believed(file, name):
    assert refusal(file("id,n\n1,A\n", name)).startswith("it looks like an incomplete download.")


# Files that are something else


@pytest.mark.parametrize("name", ["f.csv.gz", "F.TXT.GZ", "f.tsv.gz"])
def test_a_compressed_file_is_read_as_what_it_holds(file, name):
    content = b"id,n\n1,A\n"
    packed = gzip.compress(content)
    raw = read_file(file(packed, name))
    assert cells(raw) == [[2, "1", "A"]]
    assert raw.sha256 != read_file(file(content)).sha256, "the bytes of the file itself"


def test_a_compressed_file_that_is_cut_off_damaged_or_none_is_refused(file):
    packed = gzip.compress(os.urandom(1000))
    assert refusal(file(packed[:-20], "f.csv.gz")).startswith("the compressed file ends too early: it is still being")
    assert "is damaged" in refusal(file(packed[:-5] + b"12345", "f.csv.gz"))
    assert refusal(file("id,n\n1,A\n", "f.csv.gz")).startswith("it is not compressed by gzip, or is damaged.")
    assert refusal(file(b"", "f.csv.gz")).startswith("it is empty")


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(file, monkeypatch):
    monkeypatch.setattr(door, "MOST_BYTES", 1 << 20)
    monkeypatch.setattr(door, "BYTES_A_PIECE", 1 << 16)
    assert "unpacked it is larger" in refusal(file(gzip.compress(bytes(2 << 20)), "f.csv.gz"))


@pytest.mark.parametrize("name", ["f.xls", "f.ods", "f.XLSB", "f.xlsm", "f.pdf", "f.xlsx.gz", "f.json"])
def test_a_format_that_is_not_read_is_refused_with_what_to_save_it_as(file, name):
    assert refusal(file("x", name)).endswith("Save it as .xlsx, or as CSV UTF-8.")


@pytest.mark.parametrize(
    ("start", "what"),
    [(b"PK\x03\x04", "a workbook or a zip"), (b"\xd0\xcf\x11\xe0", "an old or protected"), (b"\x1f\x8b", "compressed")],
)
def test_a_workbook_called_csv_is_refused_by_its_first_bytes(file, start, what):
    assert refusal(file(start + b"\0" * 100), "auto", "auto").startswith(f"it is no text but {what}")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="cannot be read: Is a directory"):
        read_file(tmp_path)


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("name", ["f.zip", "f.csv.zip", "F.CSV.ZIP"])
def test_the_one_file_in_an_archive_is_read(file, name):
    packed = zipped(**{"export/clients.csv": "id,n\n1,A\n", "__MACOSX/._clients.csv": "x", "export/": ""})
    raw = read_file(file(packed, name))
    assert (cells(raw), raw.name) == ([[2, "1", "A"]], name)


def test_an_archive_of_several_files_or_none_a_damaged_one_and_one_in_another_are_refused(file):
    two = zipped(**{"a.csv": "id\n1\n", "b.csv": "id\n1\n"})
    assert "it holds 2 files" in refusal(file(two, "f.zip"))
    assert "it holds 0 files" in refusal(file(zipped(), "f.zip"))
    assert "not a zip archive, or it is damaged" in refusal(file(two[:-30], "f.zip"))
    assert "not a zip archive" in refusal(file("id,n\n", "f.zip"))
    assert "compressed once more" in refusal(file(zipped(**{"a.csv.gz": "x"}), "f.zip"))
    assert "workbooks of this kind are not read" in refusal(file(zipped(**{"a.xls": "x"}), "f.zip"))


def test_titles_are_the_same_whether_an_accent_is_in_its_letter_or_behind_it(file):
    raw = read_file(file("Nume\u0301ro,Numéro\n1,2\n"))
    assert raw.columns == ("Numéro", "Numéro#2")
