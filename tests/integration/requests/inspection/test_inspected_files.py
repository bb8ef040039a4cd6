"""Ordinary files of every type go through; pictures come out upright, in a common type, and without metadata."""

import io
import stat

import pytest
from PIL import Image
from pypdf import PdfReader

from tasks.domain.requests.files import KINDS, RefusedFile
from tasks.requests.inspection import examine
from tests.harness import sent_files as sent

GOOD = {
    "statement.pdf": (sent.pdf(), "pdf"),
    "SCAN.PDF": (sent.pdf(), "pdf"),
    "photo.jpg": (sent.picture("JPEG"), "jpeg"),
    "photo.jfif": (sent.picture("JPEG", progressive=True), "jpeg"),
    "printed.jpeg": (sent.picture("JPEG", mode="CMYK"), "jpeg"),
    "grey.jpg": (sent.picture("JPEG", mode="L"), "jpeg"),
    "screen.png": (sent.picture("PNG"), "png"),
    "clear.png": (sent.picture("PNG", mode="RGBA"), "png"),
    "few-colours.png": (sent.picture("PNG", mode="P"), "png"),
    "deep-grey.png": (sent.picture("PNG", mode="I;16", colour=1000), "png"),
    "IMG_1.heic": (sent.picture("HEIF"), "heic"),
    "IMG_1.HEIF": (sent.picture("HEIF"), "heic"),
    "fax.tiff": (sent.picture("TIFF", mode="1", compression="group4"), "tiff"),
    "fax.tif": (sent.picture("TIFF", compression="tiff_lzw"), "tiff"),
    "letter.docx": (sent.ooxml(parts={"word/document.xml": "<w/>"}), "docx"),
    "table.xlsx": (sent.ooxml(sent.SHEET, {"xl/workbook.xml": "<w/>" * 900_000}), "xlsx"),
    "letter.odt": (sent.odf(), "odt"),
    "table.ods": (sent.odf("spreadsheet"), "ods"),
    "table.csv": ("nom;montant\nÉté;1,5\nMX;2\n".encode(), "csv"),
    "old-table.csv": ("nom;montant\nÉté €;1,5\n".encode("cp1252") + b"\x1a", "csv"),
    "marked.csv": (b"\xef\xbb\xbfa;b\n", "csv"),
    "note.txt": (b"MZ is a place, <b>BM</b> too, 5 < 6.\n", "txt"),
    "long.txt": (("é" * 3_000_000).encode(), "txt"),
    "no-ending": (sent.pdf(), "pdf"),
    "Lease 12.03": (b"hello\n", "txt"),
}
KEPT = {"heic": "jpeg", "tiff": "jpeg"}


@pytest.mark.parametrize("name", GOOD)
def test_an_ordinary_file_is_taken(inspector, name):
    content, kind = GOOD[name]
    inspected = inspector.inspect(name, content)
    assert (inspected.kind, inspected.kept_kind) == (kind, KEPT.get(kind, kind))
    assert not inspected.is_unscannable
    assert inspected.notes == ()


def test_every_type_of_the_closed_list_has_an_ordinary_file():
    assert {kind for _, kind in GOOD.values()} == set(KINDS)


@pytest.mark.parametrize(
    ("sent_as", "kept_as"),
    [("IMG_1.heic", "IMG_1.jpeg"), ("IMG_1.jpg", "IMG_1.jpg"), ("dir/IMG_1", "IMG_1.jpeg")],
)
def test_a_photograph_of_an_iphone_is_kept_as_jpeg_whatever_its_name(inspector, sent_as, kept_as):
    inspected = inspector.inspect(sent_as, sent.picture("HEIF"), "jpeg")
    assert (inspected.kind, inspected.kept_kind, inspected.name) == ("heic", "jpeg", kept_as)
    with Image.open(inspected.path) as kept:
        assert kept.format == "JPEG"


def is_red(pixel):
    return pixel[0] > 180 and pixel[1] < 90


@pytest.mark.parametrize(("name", "form"), [("a.jpg", "JPEG"), ("a.heic", "HEIF"), ("a.tif", "TIFF"), ("a.png", "PNG")])
def test_a_picture_comes_out_upright_and_does_not_say_where_it_was_taken(inspector, name, form):
    """Held so that its left half is at the top (orientation 6)."""
    inspected = inspector.inspect(name, sent.picture(form, exif=sent.camera_data(6).tobytes()))
    with Image.open(inspected.path) as kept:
        assert kept.size == (40, 60)
        assert is_red(kept.convert("RGB").getpixel((20, 5)))
        assert not is_red(kept.convert("RGB").getpixel((20, 55)))
        assert not kept.getexif()
        assert not set(kept.info) & {"exif", "icc_profile", "comment", "xmp", "XML:com.adobe.xmp"}
    assert b"Camera" not in inspected.path.read_bytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_as_pillow_turns_it(inspector, orientation):
    from PIL import ImageOps

    content = sent.picture("JPEG", exif=sent.camera_data(orientation))
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    with Image.open(inspector.inspect("a.jpg", content).path) as kept:
        assert kept.size == expected.size
        for at in ((3, 3), (expected.width - 4, expected.height - 4)):
            assert is_red(kept.getpixel(at)) == is_red(expected.getpixel(at))


def test_text_colours_and_times_in_a_png_are_gone(inspector):
    from PIL.PngImagePlugin import PngInfo

    told = PngInfo()
    told.add_text("Author", "Somebody")
    content = sent.picture("PNG", pnginfo=told, icc_profile=b"profile of a device", dpi=(72, 72))
    kept = inspector.inspect("a.png", content).path.read_bytes()
    assert b"Somebody" not in kept
    assert not [name for name in (b"tEXt", b"iCCP", b"pHYs", b"eXIf", b"tIME") if name in kept]


def test_what_is_seen_through_is_kept_in_png_and_white_in_a_pdf(inspector, tmp_path):
    clear = sent.picture("PNG", mode="RGBA", colour=(0, 0, 0, 0))
    inspected = inspector.inspect("a.png", clear)
    with Image.open(inspected.path) as kept:
        assert kept.getpixel((50, 20))[3] == 0
    inspected.path.unlink()
    combined = examine.combine_pictures([tmp_path / "received.part"], "a", folder=tmp_path)
    (page,) = PdfReader(combined.path).pages
    assert min(page.images[0].image.getpixel((55, 20))) > 240


def test_a_large_photograph_is_halved_and_noted(inspector):
    inspected = inspector.inspect("a.jpg", sent.picture("JPEG", (5000, 4000), exif=sent.camera_data(6)))
    with Image.open(inspected.path) as kept:
        assert kept.size == (2000, 2500)
        assert is_red(kept.getpixel((1000, 100)))
    assert inspected.notes == ("reduced",)


@pytest.mark.parametrize(
    ("name", "form", "mode"),
    [
        ("a.tif", "TIFF", "1"),
        ("a.tif", "TIFF", "CMYK"),
        ("a.png", "PNG", "P"),
        ("a.png", "PNG", "I;16"),
        ("a.png", "PNG", "LA"),
    ],
)
def test_a_large_picture_of_any_colours_is_halved(inspector, name, form, mode):
    inspected = inspector.inspect(name, sent.picture(form, (5000, 4000), mode))
    with Image.open(inspected.path) as kept:
        assert kept.size == (2500, 2000)


def test_a_progressive_photograph_is_held_to_what_fits_into_memory(inspector):
    many = sent.picture("JPEG", (5200, 4000), progressive=True, subsampling=0)
    assert inspector.refusal("a.jpg", many).details == {"limit": 20}
    most = sent.picture("JPEG", (4990, 4000), progressive=True, subsampling=0)
    assert inspector.inspect("a.jpg", most).notes == ("reduced",)


def test_a_large_photograph_of_an_iphone_is_halved_in_strips(inspector):
    inspected = inspector.inspect("a.heic", sent.picture("HEIF", (5001, 3401), quality=10))
    with Image.open(inspected.path) as kept:
        assert kept.size == (2501, 1701)
        assert is_red(kept.getpixel((1000, 1690)))
        assert not is_red(kept.getpixel((1500, 1690)))


def pages(*sizes):
    out = io.BytesIO()
    first, *others = [Image.new("L", size, 99) for size in sizes]
    first.save(out, "TIFF", save_all=True, append_images=others)
    return out.getvalue()


def test_a_fax_of_several_pages_is_kept_as_pdf(inspector):
    inspected = inspector.inspect("fax.tif", pages((100, 200), (200, 100), (50, 50)))
    assert (inspected.kept_kind, inspected.name, inspected.pages) == ("pdf", "fax.pdf", 3)
    boxes = [page.mediabox for page in PdfReader(inspected.path, strict=True).pages]
    assert [(box.width, box.height) for box in boxes] == [(595, 842), (842, 595), (595, 842)]


@pytest.mark.parametrize(
    ("count", "accept", "kept"),
    [(1, "pdf", "pdf"), (1, "jpeg", "jpeg"), (2, "pdf", "pdf"), (2, "jpeg", None), (2, "tiff", "pdf")],
)
def test_a_fax_is_kept_as_what_the_item_takes(inspector, count, accept, kept):
    content = pages(*[(40, 40)] * count)
    if kept:
        assert inspector.inspect("a.tif", content, accept).kept_kind == kept
    else:
        assert inspector.refusal("a.tif", content, accept).details["accepted"] == (accept,)


def test_a_fax_of_too_many_pages_is_refused(inspector):
    assert inspector.refusal("a.tif", pages(*[(9, 9)] * 61)).code == "too_many_pages"


def test_a_type_that_the_item_does_not_take_is_refused_by_name(inspector):
    refused = inspector.refusal("a.png", sent.picture("PNG"), "pdf", "jpg")
    assert refused.code == "type_not_accepted"
    assert refused.details == {"kind": "png", "accepted": ("pdf", "jpeg")}


def test_a_refusal_names_both_types(inspector):
    refused = inspector.refusal("a.pdf", b"<html>")
    assert refused.details == {"ending": "pdf", "kind": "html"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", sent.ole("EncryptionInfo", "EncryptedPackage", "\x06DataSpaces", "Version")),
        ("a.xlsx", sent.ole("EncryptionInfo", "EncryptedPackage")),
        ("a.odt", sent.odf(entry="<manifest:encryption-data/>")),
    ],
)
def test_a_locked_office_file_is_taken_and_cannot_be_scanned(inspector, name, content):
    inspected = inspector.inspect(name, content)
    assert inspected.is_unscannable
    assert inspected.kind == name[2:]


def test_what_is_encoded_again_is_its_owners_only(inspector):
    kept = inspector.inspect("a.jpg", sent.picture("JPEG")).path
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.suffix == ".part"


@pytest.fixture
def photographs(tmp_path):
    made = []
    for number, (form, colour) in enumerate([("JPEG", "red"), ("PNG", "lime"), ("HEIF", "blue")]):
        made.append(tmp_path / f"{number}")
        made[-1].write_bytes(sent.picture(form, (60, 40), colour=colour))
    return made


def test_photographs_become_one_pdf_in_the_order_given(photographs, tmp_path):
    combined = examine.combine_pictures(photographs[::-1], "statement", folder=tmp_path)
    assert (combined.kept_kind, combined.name, combined.pages) == ("pdf", "statement.pdf", 3)
    reader = PdfReader(combined.path, strict=True)
    shown = [page.images[0].image.getpixel((55, 20)) for page in reader.pages]
    assert [max(range(3), key=pixel.__getitem__) for pixel in shown] == [2, 1, 0]
    assert not reader.metadata
    again = examine.inspect_file(combined.path, combined.name, ["pdf"], folder=tmp_path)
    assert again.pages == 3


def test_what_is_no_picture_is_not_combined(photographs, tmp_path):
    photographs[1].write_bytes(sent.pdf())
    with pytest.raises(RefusedFile) as refused:
        examine.combine_pictures(photographs, "a", folder=tmp_path)
    assert (refused.value.code, refused.value.details["kind"]) == ("type_not_accepted", "pdf")
    assert sorted(tmp_path.iterdir()) == photographs


def test_twenty_photographs_are_combined_within_the_limits(tmp_path):
    (tmp_path / "a").write_bytes(sent.picture("JPEG", (4000, 3000)))
    combined = examine.combine_pictures([tmp_path / "a"] * 20, "a", folder=tmp_path)
    assert combined.pages == 20
    assert combined.used["memory"] < 200_000_000


def test_no_photograph_is_a_mistake(tmp_path):
    with pytest.raises(ValueError, match="no picture"):
        examine.combine_pictures([], "a", folder=tmp_path)
