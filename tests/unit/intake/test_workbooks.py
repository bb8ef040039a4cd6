"""Workbooks: each cell as the text a person would write, each row with its number in the sheet."""

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
from openpyxl import Workbook

from tasks.intake.readers import workbook
from tasks.intake.readers.raw_file import UnreadableFile
from tasks.intake.readers.read_file import read_file


@pytest.fixture
def save(tmp_path):
    def write(book, name="f.xlsx"):
        path = tmp_path / name
        book.save(path) if isinstance(book, Workbook) else path.write_bytes(book)
        return path

    return write


def book_of(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return book


def bytes_of(book):
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def rewritten(book, part, change):
    """A workbook's bytes, with one part's XML changed: as other programs write it."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bytes_of(book))) as old, zipfile.ZipFile(held, "w") as new:
        for name in old.namelist():
            xml = old.read(name)
            new.writestr(name, change(xml.decode()) if name == part else xml)
    return held.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def refusal(path, **how):
    with pytest.raises(UnreadableFile) as caught:
        read_file(path, **how)
    return str(caught.value).removeprefix(f"{path.name}: ")


def column(raw, title):
    return raw.rows[title].astype(object).where(raw.rows[title].notna(), None).tolist()


def test_cells_are_text_as_a_person_would_write_them(save):
    written = [
        ("007", "007"),
        (12, "12"),
        (12.0, "12"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (33612345678, "33612345678"),
        (-1.5, "-1.5"),
        (True, "true"),
        (date(2026, 12, 1), "2026-12-01"),
        (datetime(2026, 12, 1), "2026-12-01"),
        (datetime(2026, 12, 1, 9, 30), "2026-12-01T09:30:00"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=26, minutes=5), "26:05:00"),
        ("45000", "45000"),
        ("#N/A", "#N/A"),
        ("é\nb", "é\nb"),
    ]
    raw = read_file(save(book_of(["id", "v"], *([f"R{n}", value] for n, (value, _) in enumerate(written)))))
    assert column(raw, "v") == [text for _, text in written]
    assert (raw.encoding, raw.separator, raw.columns) == (None, None, ("id", "v"))


def test_zeros_that_a_format_shows_are_read_and_a_serial_number_without_one_stays(save):
    book = book_of(["id", "code"], ["R1", 1000], ["R2", 45000], ["R3", 45000])
    book.active["B2"].number_format = "00000"
    book.active["B3"].number_format = "dd/mm/yyyy"
    assert column(read_file(save(book)), "code") == ["01000", "2023-03-15", "45000"]


def test_an_id_is_read_as_its_cell_shows_it_and_a_format_that_is_not_certain_is_told(save):
    formats = ['"C"00000', '00"-"000', "00000;-00000", "[$-40C]00000", 'General" x"', '"C"#,##0', "0%"]
    book = book_of(["id", "code"], *([f"R{n}", 1042] for n in range(len(formats))))
    for n, number_format in enumerate(formats, start=2):
        book.active[f"B{n}"].number_format = number_format
    raw = read_file(save(book))
    assert column(raw, "code") == ["C01042", "01-042", "01042", "01042", "1042 x", "1042", "1042"]
    assert len(raw.doubts) == 1
    assert raw.doubts[0].startswith(
        "column 'code': the cells show more or other than their number (a unit, a percentage,"
    )
    assert "in 2 cells, rows 7, 8." in raw.doubts[0]


def test_a_cell_of_text_is_read_with_what_its_format_adds(save):
    book = book_of(["id", "code"], ["R1", "042"], ["R2", "042"])
    book.active["B2"].number_format = '"C"@'
    assert column(read_file(save(book)), "code") == ["C042", "042"]


def test_an_error_cell_keeps_its_name_and_a_line_end_is_no_code(save):
    changed = rewritten(
        book_of(["id", "v", "w"], ["R1", 1, "a_x000D_\nb"]),
        SHEET,
        lambda xml: xml.replace('<c r="B2" t="n"><v>1</v>', '<c r="B2" t="e"><v>#DIV/0!</v>'),
    )
    raw = read_file(save(changed))
    assert (column(raw, "v"), column(raw, "w")) == (["#DIV/0!"], ["a\r\nb"])


def test_a_formula_is_its_saved_result_and_an_empty_text_is_one(save):
    def calculated(xml):
        xml = xml.replace('<c r="B2"><f>A2*2</f><v></v>', '<c r="B2"><f>A2*2</f><v>14</v>')
        xml = xml.replace('<c r="B2"><f>A2*2</f><v />', '<c r="B2"><f>A2*2</f><v>14</v>')
        return re.sub(r'<c r="B3"><f>(.*?)</f><v ?/?>(</v>)?', r'<c r="B3" t="str"><f>\1</f><v></v>', xml)

    raw = read_file(save(rewritten(book_of(["id", "v"], [7, "=A2*2"], [8, '=""']), SHEET, calculated)))
    assert column(raw, "v") == ["14", None]


def test_a_formula_without_its_result_is_refused_with_row_and_column(save):
    said = refusal(save(book_of(["id", "montant"], [7, 1], [8, "=A2*2"])))
    assert said.startswith("row 3, column 'montant' holds a formula whose result was not saved.")


def test_a_formula_beside_the_table_does_not_matter(save):
    book = book_of(["id", "n"], [1, "A"])
    book.active["D1"] = None
    book.active["A1"] = "id"
    raw = rewritten(
        book, SHEET, lambda xml: xml.replace("</row></sheetData>", '<c r="D2"><f>1+1</f><v></v></c></row></sheetData>')
    )
    assert read_file(save(raw)).rows["n"].tolist() == ["A"]


def test_merged_cells_hold_their_value_once(save):
    book = book_of(["id", "ville"], ["R1", "Lyon"], ["R2", None])
    book.active.merge_cells("B2:B3")
    assert column(read_file(save(book)), "ville") == ["Lyon", None]


def test_blank_rows_keep_the_numbers_of_the_others_right(save):
    book = book_of(["id", "n"], [1, "A"])
    book.active["A7"], book.active["B9"] = "7", "  "
    book.active["A12"].number_format = "0.00"
    raw = read_file(save(book))
    assert (raw.rows["source_row"].tolist(), raw.read) == ([2, 7], 2)


def test_rows_are_as_wide_as_the_header_and_wider_ones_are_set_aside(save):
    book = book_of(["id", "n", None, " "], [1], [2, "B", None, None, None], [3, "C", None, "more"])
    raw = read_file(save(book))
    assert raw.columns == ("id", "n")
    assert (column(raw, "id"), column(raw, "n")) == (["1", "2"], [None, "B"])
    assert raw.ragged.values.tolist() == [[4, "3\tC\t\tmore", "4 cells where the header has 2"]]


def test_the_size_that_a_sheet_says_it_has_is_not_believed(save):
    wrong = rewritten(book_of(["id", "n"], [1, "A"]), SHEET, lambda xml: re.sub('ref="A1:B2"', 'ref="A1"', xml))
    assert read_file(save(wrong)).rows["n"].tolist() == ["A"]


def test_a_preamble_and_blank_rows_before_the_titles_are_passed_over(save):
    raw = read_file(save(book_of(["Export du jour"], [], [], ["id", "n"], [1, "A"])), header=2)
    assert (raw.preamble, raw.rows["source_row"].tolist()) == (3, [5])
    assert refusal(save(book_of(["id"])), header=3).startswith("the titles should stand in row 3, and there are 1 rows")


def test_the_sheet_that_opens_is_read_or_the_first_that_can_be_seen_or_the_one_named(save):
    book = book_of(["id"], ["hidden"])
    for title in ("Seen", "Opens"):
        book.create_sheet(title).append(["id"])
        book[title].append([title])
    book.active = 2
    assert column(read_file(save(book)), "id") == ["Opens"]
    book["Sheet"].sheet_state = "hidden"
    hidden = rewritten(book, "xl/workbook.xml", lambda xml: xml.replace('activeTab="2"', 'activeTab="0"'))
    assert column(read_file(save(hidden)), "id") == ["Seen"]
    assert column(read_file(save(book), sheet="Sheet"), "id") == ["hidden"]
    assert refusal(save(book), sheet="Relations") == (
        "there is no sheet 'Relations'; there are: 'Sheet', 'Seen', 'Opens'."
    )


def test_an_empty_sheet_is_refused(save):
    assert refusal(save(Workbook())).startswith("the sheet is empty.")
    assert refusal(save(b"")).startswith("it is empty.")


def test_what_is_no_workbook_is_refused_with_what_to_do(save):
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
    assert refusal(save(old)).startswith("it is a workbook of the old kind (.xls).")
    protected = old + "EncryptedPackage".encode("utf-16-le")
    assert refusal(save(protected)).startswith("it is protected by a password.")
    assert "If it is text, call it .csv" in refusal(save(b"id,n\n1,A\n"))


def test_a_strict_workbook_is_refused_in_true_words(save):
    changed = rewritten(
        book_of(["id"], ["R1"]),
        "xl/workbook.xml",
        lambda xml: xml.replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006", "http://purl.oclc.org/ooxml/spreadsheetml"
        ),
    )
    assert "it is a Strict Open XML workbook" in refusal(save(changed))


def test_a_workbook_cut_off_or_damaged_is_refused(save):
    whole = bytes_of(book_of(["id"], *([f"R{n}"] for n in range(200))))
    for size in (4, 100, len(whole) // 2, len(whole) - 1):
        assert refusal(save(whole[:size])).startswith("the workbook ends too early: it is still being written")
    flipped = bytearray(whole)
    flipped[whole.index(b"xl/worksheets/sheet1.xml") + 60] ^= 0xFF
    assert refusal(save(bytes(flipped))).startswith("it is damaged (")
    assert refusal(save(rewritten(book_of(["id"]), SHEET, lambda xml: xml[:200]))).startswith("it is damaged (")


def test_a_workbook_that_unpacks_to_more_than_a_machine_holds_is_refused(save, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_BYTES", 1000)
    assert "unpacked it is larger" in refusal(save(book_of(["id"], [1])))


def test_a_row_numbered_beyond_every_sheet_is_refused(save, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 1000)
    far = rewritten(
        book_of(["id"], [1]), SHEET, lambda xml: xml.replace('r="2"', 'r="99999999999"').replace('r="A2"', "")
    )
    assert refusal(save(far)).startswith("it has more than 1,000 rows.")
