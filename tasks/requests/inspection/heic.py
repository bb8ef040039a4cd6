"""HEIC, the photographs of iPhones, decoded strip by strip so that a large one fits into memory.

libheif turns a picture upright while it decodes, by what the container says; EXIF does not count (ISO 23008-12, A.2).
May touch: the file. Tests: tests/integration/requests/inspection/test_inspected_files.py.
"""

from pathlib import Path
from typing import Any

from PIL import Image

# Decoding takes 5.2 bytes a pixel (pillow-heif 1.8, measured on 2026-11-26); iPhones take 12, 24 or 48 million.
MOST_PIXELS = 26_000_000
ROWS = 256


def open_heic(path: Path) -> Any:
    """A HEIC file with its header read; decoded in one thread, as each thread takes memory of its own."""
    import pillow_heif

    pillow_heif.options.DECODE_THREADS = 1
    return pillow_heif.open_heif(path, convert_hdr_to_8bit=True)


def decode_heic(path: Path, *, is_halved: bool) -> Image.Image:
    """The main picture, in full or at half its width and height."""
    heif = open_heic(path)
    mode, (width, height) = heif.mode, heif.size
    data, stride = heif.data, heif.stride
    if not is_halved:
        return Image.frombytes(mode, (width, height), data, "raw", mode, stride, 1)
    whole = Image.new(mode, ((width + 1) // 2, (height + 1) // 2))
    for top in range(0, height, ROWS):
        rows = min(ROWS, height - top)
        part = data[top * stride : (top + rows) * stride]
        strip = Image.frombytes(mode, (width, rows), part, "raw", mode, stride, 1)
        whole.paste(strip.reduce(2), (0, top // 2))
    return whole
