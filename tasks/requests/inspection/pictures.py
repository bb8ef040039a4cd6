"""Pictures: bounded by their header, turned upright, and encoded again without anything but their pixels.

May touch: the file and its target. Tests: tests/integration/requests/inspection/test_inspected_files.py.
"""

import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image

from tasks.domain.requests.files import PICTURES, RefusedFile
from tasks.requests.inspection.heic import MOST_PIXELS as MOST_PIXELS_OF_HEIC
from tasks.requests.inspection.heic import decode_heic, open_heic
from tasks.requests.inspection.pdf_writer import Page, PdfOfPictures
from tasks.requests.inspection.signatures import kind_of

MOST_PIXELS = 40_000_000
# A progressive JPEG is held whole while it is decoded; what fits into memory whatever its type.
MOST_PIXELS_ANYWHERE = 20_000_000
# A larger picture is halved in width and height: an A4 page keeps 200 dots an inch, and decoding stays under 200 MB.
FULL_PIXELS = 16_000_000
MOST_PAGES, MOST_PIXELS_OF_PAGES = 60, 160_000_000
# Each scan of a progressive JPEG goes over all pixels; cameras write about ten.
MOST_SCANS = 60
QUALITY = 88
FORMATS = {"jpeg": "JPEG", "png": "PNG", "tiff": "TIFF"}
PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def encode_again(path: Path, kind: str, target: Path, *, accepted: Sequence[str]) -> tuple[str, tuple[str, ...], int]:
    """Write a picture's pixels to a new file; returns its type, notes and its number of pages.

    Args:
        path: the picture.
        kind: its type by content.
        target: the file to write, which exists and is empty.
        accepted: the types that the item takes.

    Raises:
        RefusedFile: it is damaged, too large, or has several pages where no PDF is taken.
    """
    notes = ("reduced",) if pixels_of(path, kind) > FULL_PIXELS else ()
    if kind == "tiff":
        count = pages_in(path)
        is_picture = count == 1 and {"tiff", "jpeg"} & set(accepted)
        if not is_picture and not {"tiff", "pdf"} & set(accepted):
            raise RefusedFile("type_not_accepted", kind=kind, accepted=tuple(accepted))
        if not is_picture:
            with target.open("r+b") as file:
                return "pdf", notes, PdfOfPictures(file).write(_jpeg_pages(path, kind))
    for picture in _frames(path, kind):
        _save(picture, "png" if kind == "png" else "jpeg", target)
    return ("png" if kind == "png" else "jpeg"), notes, 1


def combine(paths: Sequence[Path], target: Path) -> int:
    """Write pictures into one PDF in the order given; returns its number of pages.

    Raises:
        RefusedFile: one of them is no picture, or damaged, or they are too many.
    """
    kinds = [kind_of(path) for path in paths]
    for kind in kinds:
        if kind not in PICTURES:
            raise RefusedFile("type_not_accepted", kind=kind, accepted=PICTURES)
    _check_total([(path, kind) for path, kind in zip(paths, kinds, strict=True)])
    pages = (page for path, kind in zip(paths, kinds, strict=True) for page in _jpeg_pages(path, kind))
    with target.open("r+b") as file:
        return PdfOfPictures(file).write(pages)


def _check_total(pictures: Sequence[tuple[Path, str]]) -> None:
    if sum(pages_in(path) if kind == "tiff" else 1 for path, kind in pictures) > MOST_PAGES:
        raise RefusedFile("too_many_pages", limit=MOST_PAGES)


def pixels_of(path: Path, kind: str) -> int:
    """How many pixels a picture's first page has, by its header.

    Raises:
        RefusedFile: more than MOST_PIXELS, or the header cannot be read.
    """
    if kind == "heic":
        return _pixels_of_heic(path)
    with _opened(path, kind) as picture:
        return _checked(picture)


def _pixels_of_heic(path: Path) -> int:
    try:
        width, height = open_heic(path).size
    except Exception as error:
        raise _damaged("heic", error) from error
    if width * height > MOST_PIXELS_OF_HEIC:
        raise too_large(MOST_PIXELS_OF_HEIC)
    return int(width * height)


def pages_in(path: Path) -> int:
    """How many pages a TIFF has, if not too many and none of them too large.

    Raises:
        RefusedFile: they are, or their list is damaged.
    """
    total = count = 0
    with _opened(path, "tiff") as picture:
        while True:
            total, count = total + _checked(picture), count + 1
            if count > MOST_PAGES:
                raise RefusedFile("too_many_pages", limit=MOST_PAGES)
            if total > MOST_PIXELS_OF_PAGES:
                raise too_large(MOST_PIXELS)
            try:
                picture.seek(count)
            except EOFError:
                return count
            except Exception as error:
                raise _damaged("tiff", error) from error


def too_large(limit: int) -> RefusedFile:
    """The refusal of a picture with too many pixels; the client reads millions."""
    return RefusedFile("too_many_pixels", limit=limit // 1_000_000)


def _damaged(kind: str, error: Exception) -> Exception:
    """Whatever a decoder raises means that the picture is damaged, except that memory is used up."""
    return error if isinstance(error, (MemoryError, RefusedFile)) else RefusedFile("not_readable", kind=kind)


def _checked(picture: Image.Image) -> int:
    pixels = picture.width * picture.height
    limit = MOST_PIXELS_ANYWHERE if picture.info.get("progressive") else MOST_PIXELS
    if pixels > limit:
        raise too_large(limit)
    return pixels


def _opened(path: Path, kind: str) -> Image.Image:
    """A picture with its header read, and no pixel decoded."""
    Image.MAX_IMAGE_PIXELS = None  # MOST_PIXELS is checked instead
    if kind == "jpeg" and path.read_bytes().count(b"\xff\xda") > MOST_SCANS:
        raise RefusedFile("too_long_to_examine")
    try:
        return Image.open(path, formats=[FORMATS[kind]])
    except Exception as error:
        raise _damaged(kind, error) from error


def _frames(path: Path, kind: str) -> Iterator[Image.Image]:
    """The pages of a picture one after another, decoded, upright and without metadata."""
    if kind == "heic":
        yield _decoded_heic(path)
        return
    with _opened(path, kind) as picture:
        for number in range(pages_in(path) if kind == "tiff" else 1):
            try:
                if number:
                    picture.seek(number)
                yield _decoded(picture)
            except Exception as error:
                raise _damaged(kind, error) from error


def _decoded_heic(path: Path) -> Image.Image:
    is_halved = _pixels_of_heic(path) > FULL_PIXELS
    try:
        return decode_heic(path, is_halved=is_halved)
    except Exception as error:
        raise _damaged("heic", error) from error


def _decoded(picture: Image.Image) -> Image.Image:
    is_large = _checked(picture) > FULL_PIXELS
    before = picture.size
    if is_large and picture.format in ("JPEG", "MPO"):
        picture.draft(None, (before[0] // 2, before[1] // 2))
    turn = UPRIGHT.get(_orientation(picture))
    picture.load()
    done = _halved(picture) if is_large and picture.size == before else picture
    done = done.copy() if turn is None else done.transpose(turn)
    done.info = {key: done.info[key] for key in ("transparency",) if key in done.info}
    return done


def _halved(picture: Image.Image) -> Image.Image:
    """Each pixel is the mean of four, or one of them where a mean takes more memory or does not exist."""
    if picture.mode == "1":
        return picture.convert("L").reduce(2)
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture.reduce(2)
    return picture.resize(((picture.width + 1) // 2, (picture.height + 1) // 2), Image.Resampling.NEAREST)


def _orientation(picture: Image.Image) -> int:
    """How the camera was held; damaged metadata is no reason to refuse a photograph.

    Pillow turns TIFF while decoding.
    """
    if picture.format == "TIFF":
        return 1
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a decoder raises whatever it likes on damaged metadata
        return 1


def _save(picture: Image.Image, kind: str, target: Path) -> None:
    with target.open("r+b") as file:
        if kind == "png":
            plain = picture if picture.mode in PNG_MODES else picture.convert("RGBA" if "A" in picture.mode else "RGB")
            plain.save(file, "PNG", compress_type=zlib.Z_RLE)
        else:
            _plain(picture).save(file, "JPEG", quality=QUALITY)


def _plain(picture: Image.Image) -> Image.Image:
    """A picture in grey or RGB, on white where it was transparent."""
    if picture.mode in ("L", "RGB") and "transparency" not in picture.info:
        return picture
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        white = Image.new("RGB", seen.size, "white")
        white.paste(seen, mask=seen.getchannel("A"))
        return white
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _jpeg_pages(path: Path, kind: str) -> Iterator[Page]:
    for frame in _frames(path, kind):
        picture, encoded = _plain(frame), BytesIO()
        picture.save(encoded, "JPEG", quality=QUALITY)
        yield Page(encoded.getvalue(), picture.width, picture.height, picture.mode == "L")
