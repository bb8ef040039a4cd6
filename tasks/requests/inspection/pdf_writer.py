"""A PDF of pictures, each on an A4 page of its own; nothing but the pictures is in it.

May touch: the target file. Tests: tests/integration/requests/inspection/test_inspected_files.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

A4 = (595, 842)


@dataclass(frozen=True)
class Page:
    """A picture in JPEG, in pixels.

    Attributes:
        jpeg: the encoded picture.
        width, height: its size.
        is_grey: one channel instead of three.
    """

    jpeg: bytes
    width: int
    height: int
    is_grey: bool


class PdfOfPictures:
    """Writes objects one after another, and remembers where each begins (ISO 32000-1, 7.5)."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._starts: dict[int, int] = {}
        file.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")

    def write(self, pages: Iterable[Page]) -> int:
        """Write all pages and the end of the file; returns their number."""
        count = 0
        for count, page in enumerate(pages, start=1):
            self._write_page(3 * count, page)
        kids = b" ".join(b"%d 0 R" % (3 * number) for number in range(1, count + 1))
        self._object(1, b"<< /Type /Catalog /Pages 2 0 R >>")
        self._object(2, b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids))
        self._write_end()
        return count

    def _object(self, number: int, body: bytes) -> None:
        self._starts[number] = self._file.tell()
        self._file.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    def _stream(self, number: int, keys: bytes, content: bytes) -> None:
        self._object(number, b"<< %s /Length %d >>\nstream\n%s\nendstream" % (keys, len(content), content))

    def _write_page(self, number: int, page: Page) -> None:
        width, height = A4 if page.height >= page.width else A4[::-1]
        scale = min(width / page.width, height / page.height)
        across, down = page.width * scale, page.height * scale
        left, bottom = (width - across) / 2, (height - down) / 2
        drawn = f"q {across:.2f} 0 0 {down:.2f} {left:.2f} {bottom:.2f} cm /I Do Q".encode()
        resources = b"<< /XObject << /I %d 0 R >> >>" % (number + 2)
        box = b"/MediaBox [0 0 %d %d]" % (width, height)
        keys = b"/Type /Page /Parent 2 0 R %s /Resources %s /Contents %d 0 R" % (box, resources, number + 1)
        self._object(number, b"<< %s >>" % keys)
        self._stream(number + 1, b"", drawn)
        colours = b"/DeviceGray" if page.is_grey else b"/DeviceRGB"
        size = b"/Width %d /Height %d" % (page.width, page.height)
        keys = b"/Type /XObject /Subtype /Image %s /ColorSpace %s /BitsPerComponent 8 /Filter /DCTDecode"
        self._stream(number + 2, keys % (size, colours), page.jpeg)

    def _write_end(self) -> None:
        at, size = self._file.tell(), max(self._starts) + 1
        lines = [b"xref\n0 %d\n0000000000 65535 f \n" % size]
        lines += [b"%010d 00000 n \n" % self._starts[number] for number in range(1, size)]
        lines.append(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, at))
        self._file.write(b"".join(lines))
