"""Hostile, broken and disguised files: none is taken as something that it is not, and none breaks the examination."""

import zlib

import pytest
from pypdf.generic import DecodedStreamObject, NameObject

from tests.harness import sent_files as sent

MACRO_TYPE = '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
LAUNCH = "<< /Type /Action /S /Launch /F (cmd.exe) >>"
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200)
JAR = sent.zipped({"META-INF/MANIFEST.MF": "Main-Class: A", "A.class": b"\xca\xfe\xba\xbe"})
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
LINK = b"\x4c\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46" + bytes(60)
URL = b"[InternetShortcut]\r\nURL=http://example.org/\r\n"
PDF = sent.pdf()
DOCX = sent.ooxml()
XLSX = sent.ooxml(sent.SHEET)
BILLION = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
BILLION = f'<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a0 "ha">{BILLION}]><Types>&a9;</Types>'
ENTITY = f'<!DOCTYPE t [<!ENTITY a "{sent.WORD}">]><Types><Override ContentType="&a;"/></Types>'
WIDE_TIFF = sent.tiff_header(30_000, 30_000)
HEIC = sent.picture("HEIF")

REFUSED = {
    # Of no use to anybody.
    "empty.pdf": (b"", "empty"),
    "folder": (bytes(4096), "type_not_accepted"),
    "blanks.csv": (bytes(100), "text_not_readable"),
    "random.pdf": (bytes(range(256)) * 20, "type_differs_from_name"),
    ".statement.pdf.icloud": (b"bplist00\xd1\x01\x02" + bytes(50), "is_shortcut"),
    "contract.gdoc": (b'{"url": "https://example.org/"}', "is_shortcut"),
    "contract.lnk": (LINK, "is_shortcut"),
    "link-named.pdf": (LINK, "is_shortcut"),
    "contract.url": (URL, "is_shortcut"),
    "url-named.txt": (URL, "is_shortcut"),
    # Programs and scripts.
    "setup.exe": (EXE, "is_executable"),
    "exe-named.pdf": (EXE, "is_executable"),
    "invoice\u202efdp.exe": (EXE, "is_executable"),
    "real.pdf.exe": (PDF, "is_executable"),
    "elf-named.txt": (b"\x7fELF\x02\x01\x01" + bytes(100), "is_executable"),
    "mac-named.jpg": (b"\xcf\xfa\xed\xfe" + bytes(100), "is_executable"),
    "class-named.png": (b"\xca\xfe\xba\xbe" + bytes(100), "is_executable"),
    "shell-named.txt": (b"#!/bin/sh\nrm -rf /\n", "is_executable"),
    "run.bat": (b"@echo off\r\ndel *.*\r\n", "is_executable"),
    "batch-named.csv": (b"@echo off\r\ndel *.*\r\n", "is_executable"),
    "run.js": (b"alert(1)", "is_executable"),
    "php-named.txt": (b"hello\n<?php system('ls'); ?>\n", "is_executable"),
    "php-far-within.csv": (b"a;b\n" * 300_000 + b"<?php system('ls');", "is_executable"),
    # Pages and drawings.
    "page.html": (HTML, "type_not_accepted"),
    "html-named.pdf": (HTML, "type_differs_from_name"),
    "html-named.txt": (HTML, "type_differs_from_name"),
    "html-within.txt": (b"Hello\n\n" * 2000 + b"<sCript src=x>", "type_differs_from_name"),
    "html-behind-mark.csv": (b"\xef\xbb\xbf \n<html>", "type_differs_from_name"),
    "drawing.svg": (SVG, "type_not_accepted"),
    "svg-named.png": (b"<?xml version='1.0'?><!-- -->" + SVG, "type_differs_from_name"),
    "svg-named.csv": (SVG, "type_differs_from_name"),
    "svg-with-prefix.txt": (b"<a:svg xmlns:a='http://www.w3.org/2000/svg'/>", "type_differs_from_name"),
    "xml-named.txt": (b"<?xml version='1.0'?><invoice/>", "type_differs_from_name"),
    # Two types at once.
    "pdf-with-html-before.pdf": (b"<html><script>x()</script></html>\n" + PDF, "is_two_types"),
    "pdf-with-html-in-header.pdf": (PDF.replace(b"\n", b"\n%<script>x()</script>\n", 1), "is_two_types"),
    "pdf-with-junk-before.pdf": (b"junk" * 20 + PDF, "is_two_types"),
    "pdf-with-binary-before.txt": (bytes(20) + PDF, "is_two_types"),
    "pdf-and-zip.pdf": (PDF + JAR, "is_two_types"),
    "zip-within.pdf": (sent.pdf(b"<< /Length 9 >>\nstream\n" + JAR + b"\nendstream"), "is_two_types"),
    "exe-and-pdf.pdf": (EXE + PDF, "is_two_types"),
    "gif-and-jar.gif": (sent.picture("GIF") + JAR, "type_not_accepted"),
    "gif-and-jar.png": (sent.picture("GIF") + JAR, "type_differs_from_name"),
    "docx-and-pdf.docx": (sent.zipped({"a": PDF}, packed=False), "is_two_types"),
    "docx-after-exe.docx": (EXE + DOCX, "is_executable"),
    "docx-with-a-tail.docx": (DOCX + b"MZ" * 40, "not_readable"),
    # Wrong names.
    "jpeg-named.pdf": (sent.picture("JPEG"), "type_differs_from_name"),
    "png-named.jpg": (sent.picture("PNG"), "type_differs_from_name"),
    "jpeg-named.heic": (sent.picture("JPEG"), "type_differs_from_name"),
    "pdf-named.docx": (PDF, "type_differs_from_name"),
    "docx-named.xlsx": (DOCX, "type_differs_from_name"),
    "odt-named.docx": (sent.odf(), "type_differs_from_name"),
    "text-named.pdf": (b"hello", "type_differs_from_name"),
    "eicar-named.pdf": (sent.EICAR, "type_differs_from_name"),
    # Types that no item takes.
    "photo.gif": (sent.picture("GIF"), "type_not_accepted"),
    "photo.webp": (sent.picture("WEBP"), "type_not_accepted"),
    "photo.bmp": (sent.picture("BMP"), "type_not_accepted"),
    "photo.avif": (sent.picture("AVIF"), "type_not_accepted"),
    "film.mp4": (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41" + bytes(100), "type_not_accepted"),
    "files.zip": (JAR, "type_not_accepted"),
    "files.rar": (b"Rar!\x1a\x07\x00" + bytes(50), "type_not_accepted"),
    "files.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(50), "type_not_accepted"),
    "files.gz": (b"\x1f\x8b\x08" + bytes(50), "type_not_accepted"),
    "files.tar": (bytes(257) + b"ustar\x0000" + bytes(300), "type_not_accepted"),
    "jar-named.docx": (JAR, "type_differs_from_name"),
    "letter.rtf": (b"{\\rtf1 hello}", "type_not_accepted"),
    "old.doc": (sent.ole("WordDocument", "1Table"), "type_not_accepted"),
    "old.xls": (sent.ole("Workbook"), "type_not_accepted"),
    "old-named.docx": (sent.ole("WordDocument", "1Table"), "type_differs_from_name"),
    "macros-beside-a-lock.docx": (sent.ole("EncryptionInfo", "EncryptedPackage", "Macros"), "type_differs_from_name"),
    "ole-without-end.docx": (sent.ole("EncryptedPackage")[:700], "type_differs_from_name"),
    "slides.odp": (sent.odf("presentation"), "type_not_accepted"),
    # Pictures.
    "30000x30000.png": (sent.png_header(30_000, 30_000), "too_many_pixels"),
    "30000x30000.tiff": (WIDE_TIFF, "too_many_pixels"),
    "8000x6000.jpg": (sent.picture("JPEG", (8000, 6000), "L"), "too_many_pixels"),
    "many-scans.jpg": (sent.many_scans(100), "too_long_to_examine"),
    "cut-off.jpg": (sent.noise("JPEG", (200, 200))[:9000], "not_readable"),
    "cut-off.png": (sent.noise("PNG", (200, 200))[:9000], "not_readable"),
    "cut-off.heic": (HEIC[: len(HEIC) // 2], "not_readable"),
    "cut-off.tiff": (sent.noise("TIFF", (50, 50))[:4000], "not_readable"),
    "only-a-header.jpg": (b"\xff\xd8\xff\xe0", "not_readable"),
    "no-picture-within.heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100), "not_readable"),
    "text-bomb.png": (
        sent.png_header(9, 9, sent.png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))),
        "not_readable",
    ),
    # PDF files.
    "cut-off.pdf": (sent.pdf(*["<< /A 1 >>"] * 100)[:3000], "not_readable"),
    "a-tail-behind.pdf": (PDF + b"junk" * 2000, "not_readable"),
    "only-a-header.pdf": (b"%PDF-1.7\n%%EOF\n", "not_readable"),
    "no-pages.pdf": (sent.pdf(pages="<< /Type /Pages /Count 9 /Kids [] >>"), "not_readable"),
    "pages-in-a-circle.pdf": (sent.pdf(pages="<< /Type /Pages /Count 1 /Kids [2 0 R] >>"), "not_readable"),
    "too-many-pages.pdf": (
        sent.pdf(pages=f"<< /Type /Pages /Count 1 /Kids [{'<< /Type /Page >> ' * 4000}] >>"),
        "too_many_pages",
    ),
    "a-page-listed-twice.pdf": (sent.pdf(pages="<< /Type /Pages /Count 2 /Kids [3 0 R 3 0 R] >>"), "not_readable"),
    "thousands-of-empty-nodes.pdf": (
        sent.pdf(pages=f"<< /Type /Pages /Count 1 /Kids [{'<< /Kids [] >> ' * 30_000}] >>"),
        "too_long_to_examine",
    ),
    "deep-arrays.pdf": (sent.pdf(catalog="/X " + "[" * 50_000 + "]" * 50_000), "not_readable"),
    "packed-objects-bomb.pdf": (sent.pdf_with_packed_objects(bytes(100_000_000)), "not_readable"),
    # Office files.
    "zip-bomb.docx": (sent.ooxml(parts={"word/a.xml": bytes(100_000_000)}), "is_archive_bomb"),
    "zip-bomb.xlsx": (sent.ooxml(sent.SHEET, {"xl/a.xml": b"<row/>" * 8_000_000}), "is_archive_bomb"),
    "zip-bomb.ods": (sent.odf("spreadsheet", {"b.xml": bytes(60_000_000)}), "is_archive_bomb"),
    "too-many-parts.xlsx": (sent.ooxml(sent.SHEET, {f"{n}": "" for n in range(5_001)}), "is_archive_bomb"),
    "says-less.docx": (
        sent.lying_zip(sent.ooxml(parts={"b.xml": bytes(30_000_000)}), "b.xml", 100),
        "is_archive_bomb",
    ),
    "says-more.docx": (sent.lying_zip(sent.ooxml(parts={"b.xml": b"abc" * 9}), "b.xml", 100), "not_readable"),
    "parts-share-bytes.docx": (sent.overlapping_zip(), "is_archive_bomb"),
    "cut-off.docx": (DOCX[:-30], "not_readable"),
    "damaged.xlsx": (XLSX[:60] + bytes(10) + XLSX[70:], "not_readable"),
    "entities.docx": (sent.zipped({"[Content_Types].xml": BILLION}), "not_readable"),
    "type-in-an-entity.docx": (sent.zipped({"[Content_Types].xml": ENTITY, "main.xml": "<a/>"}), "not_readable"),
    "macros.docx": (sent.ooxml(parts={"word/vbaProject.bin": b"x"}), "has_macros"),
    "xlsm-named.xlsx": (sent.ooxml("application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "has_macros"),
    "macros-by-another-name.xlsx": (sent.ooxml(sent.SHEET, {"xl/a.bin": b"x"}, MACRO_TYPE), "has_macros"),
    "macros-in-numbers.xlsx": (
        sent.ooxml("application/vnd.ms-excel.sheet.&#109;acroEnabled.main+xml"),
        "has_macros",
    ),
    "macro-sheet.xlsx": (sent.ooxml(sent.SHEET, {"xl/macrosheets/sheet1.xml": "<a/>"}), "has_macros"),
    "basic.odt": (sent.odf(parts={"Basic/Standard/Module1.xml": "<a/>"}), "has_macros"),
    "python.ods": (sent.odf("spreadsheet", {"Scripts/python/a.py": "1"}), "has_macros"),
    "no-manifest.odt": (
        sent.zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}),
        "not_readable",
    ),
    # Texts.
    "nul-within.csv": (b"a;b\n1;\x002\n", "text_not_readable"),
    "control-far-within.csv": (b"a;b\n" * 300_000 + b"\x07\n", "text_not_readable"),
    "wide.txt": ("déjà vu\n".encode("utf-16"), "text_not_readable"),
    "no-encoding.txt": (b"\x81\x8d\x8f\x90\x9d\n" * 100, "text_not_readable"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_or_broken_file_is_refused(inspector, name):
    content, code = REFUSED[name]
    assert inspector.refusal(name, content).code == code


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.jpg", sent.picture("JPEG") + JAR, "jpeg"),
        ("a.png", sent.picture("PNG") + JAR, "png"),
        ("a.jpg", sent.picture("JPEG", comment=b"<script>alert(1)</script>"), "jpeg"),
        ("a.png", sent.png_header(3, 3, sent.png_chunk(b"tEXt", b"a\0<script>PK\x03\x04")), "png"),
        ("a.jpg", sent.picture("JPEG").replace(b"\xff\xdb", b"\xff\xfe\x00\x12%PDF-1.4 pdf too\xff\xdb", 1), "jpeg"),
    ],
)
def test_what_hides_in_a_picture_is_gone(inspector, name, content, form):
    inspected = inspector.inspect(name, content)
    kept = inspected.path.read_bytes()
    assert inspected.kept_kind == form
    assert not [hidden for hidden in (b"PK\x03\x04", b"script", b"%PDF", b"\xca\xfe\xba\xbe") if hidden in kept]


def embeds_a_file(writer):
    writer.add_attachment("a.exe", EXE)


def compressed_page(writer):
    stream = DecodedStreamObject()
    stream.set_data(bytes(50_000_000))
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream.flate_encode())


@pytest.mark.parametrize(
    ("content", "notes", "is_unscannable"),
    [
        (sent.pdf(catalog="/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), ("pdf_has_script",), False),
        (sent.pdf(catalog="/OpenAction << /S /J#61vaScript /JS (x) >>"), ("pdf_has_script",), False),
        (sent.pdf(catalog=f"/OpenAction {LAUNCH}"), ("pdf_has_launch",), False),
        (sent.pdf_with_packed_objects(LAUNCH.encode()), ("pdf_has_launch",), False),
        (sent.pdf_by_library(embeds_a_file), ("pdf_has_files",), False),
        (sent.pdf_by_library(lambda _: None, user_password="secret", algorithm="RC4-128"), (), True),
        (sent.pdf_by_library(lambda _: None, user_password="secret", algorithm="AES-256"), (), True),
        (sent.pdf_by_library(lambda _: None, user_password="", owner_password="x", algorithm="AES-128"), (), False),
        (sent.pdf_by_library(compressed_page), (), False),
        (sent.pdf(*["<< /A 1 >>"] * 20_000), (), False),
        (sent.deep_page_tree(5_000), (), False),
        (b"\n " + PDF + bytes(5000), (), False),
    ],
    ids=[
        "script", "script-spelled-in-numbers", "launch", "launch-packed-away", "files", "locked", "locked-aes",
        "locked-against-printing", "unpacks-to-50-mb", "20,000-objects", "5,000-deep", "blanks-around",
    ],
)  # fmt: skip
def test_a_pdf_that_may_do_something_is_taken_with_a_note(inspector, content, notes, is_unscannable):
    inspected = inspector.inspect("a.pdf", content)
    assert (inspected.kind, inspected.notes, inspected.is_unscannable) == ("pdf", notes, is_unscannable)
    assert inspected.pages == (None if is_unscannable else 1)


def test_a_deflated_stream_of_zeros_within_zeros_in_a_workbook_is_not_unpacked_twice(inspector):
    bomb = sent.zipped({"a": bytes(1_000_000)})
    inspected = inspector.inspect("a.xlsx", sent.ooxml(sent.SHEET, {"xl/embeddings/bomb.zip": bomb}))
    assert (inspected.kind, inspected.notes) == ("xlsx", ("office_has_files",))


def test_the_test_virus_as_a_text_is_left_to_the_virus_scanner(inspector):
    assert inspector.inspect("eicar.txt", sent.EICAR).kind == "txt"


def test_a_workbook_text_whose_cells_calculate_is_noted(inspector):
    assert inspector.inspect("a.csv", b"a;b\n1;=HYPERLINK(A1)\n").notes == ("csv_has_formulas",)
