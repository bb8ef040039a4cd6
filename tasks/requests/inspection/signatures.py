"""What a file is, by its content and not by its name.

May touch: the file. Tests: tests/integration/requests/inspection/test_hostile_files.py.
"""

import re
from pathlib import Path

from tasks.domain.requests.files import TEXT, RefusedFile
from tasks.requests.inspection.office import old_or_encrypted, zip_kind

HEAD = 4096
# ISO 32000 readers look for the header of a PDF in this many bytes.
PDF_HEADER_WITHIN = 1024
MARKS = b"\xef\xbb\xbf"
CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r\f") + b"\x7f"
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"GIF8", "other_picture"),
    (b"8BPS", "other_picture"),
    (b"\x00\x00\x01\x00", "other_picture"),
    (b"\x00\x00\x00\x0cjP  ", "other_picture"),
    (b"\x00\x00\x00\x0cJXL ", "other_picture"),
    (b"\x7fELF", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\xfe\xed\xfa\xce", "program"),
    (b"\xfe\xed\xfa\xcf", "program"),
    (b"\xce\xfa\xed\xfe", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"dex\n", "program"),
    (b"\x00asm", "program"),
    (b"ITSF", "program"),
    (b"#!", "script"),
    (b"<?php", "script"),
    (b"@echo off", "script"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "shortcut"),
    (b"[InternetShortcut]", "shortcut"),
    (b"[Desktop Entry]", "shortcut"),
    (b"Rar!\x1a", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
    (b"MSCF\x00", "archive"),
    (b"xar!", "archive"),
    (b"!<arch>", "archive"),
    (b"PK\x05\x06", "archive"),
    (b"\x1a\x45\xdf\xa3", "video"),
    (b"ID3", "audio"),
    (b"OggS", "audio"),
    (b"fLaC", "audio"),
    (b"{\\rtf", "rtf"),
    (b"%!PS", "postscript"),
)
# Two letters that may also begin a text: they count only with NUL bytes after them.
BINARY_MAGIC = ((b"MZ", "program"), (b"BM", "other_picture"))
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
RIFF_KINDS = {b"WEBP": "other_picture", b"WAVE": "audio"}
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
# In small letters; a browser takes nothing for a tag that has a blank after its bracket.
MARKUP = re.compile(
    rb"<(?=[!a-z_])(?:(?:!doctype\s+)?(?:\w{1,20}:)?(svg)\b|!doctype\s+html|(?:html|head|body|script|iframe|object|embed|meta)\b)"
)


def kind_of(path: Path, ending: str = "") -> str:
    """The type of a file: one of KINDS, TEXT or OTHER_KINDS of tasks/domain/requests/files.py.

    Args:
        path: the file.
        ending: of its name, for what content alone cannot tell: whether a locked office file is a text or a table.

    Raises:
        RefusedFile: it is two types at once, or a damaged container.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    bare = head.removeprefix(MARKS).lstrip()
    if bare.startswith(b"%PDF-"):
        return _pdf(head)
    kind = _by_magic(path, head, bare, ending)
    if kind not in ("jpeg", "png", "heic", "tiff") and b"%PDF-" in head[:PDF_HEADER_WITHIN]:
        raise RefusedFile("is_two_types", kind="pdf", other=kind)
    return kind


def _pdf(head: bytes) -> str:
    if markup := markup_in(head[:PDF_HEADER_WITHIN]):
        raise RefusedFile("is_two_types", kind="pdf", other=markup)
    return "pdf"


def _by_magic(path: Path, head: bytes, bare: bytes, ending: str) -> str:
    if head.startswith(ZIP):
        return zip_kind(path, ending)
    if head.startswith(OLE):
        return old_or_encrypted(path, ending)
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head.startswith(b"RIFF") and has_controls(head):
        return RIFF_KINDS.get(head[8:12], "video")
    return _by_first_bytes(head, bare) or _markup_or_text(head, bare)


def _by_first_bytes(head: bytes, bare: bytes) -> str | None:
    for magic, kind in MAGIC:
        if head.startswith(magic) or (magic.isascii() and bare.startswith(magic)):
            return kind
    if head[257:262] == b"ustar":
        return "archive"
    return next((kind for magic, kind in BINARY_MAGIC if head.startswith(magic) and b"\x00" in head), None)


def _by_brand(head: bytes) -> str:
    size = min(int.from_bytes(head[:4], "big"), 256)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size, 4))}
    if brands & {b"avif", b"avis"}:
        return "other_picture"
    return "heic" if head[8:12] in HEIC_BRANDS else "video"


def _markup_or_text(head: bytes, bare: bytes) -> str:
    if bare.startswith(b"<") or not has_controls(head.removesuffix(b"\x1a")):
        return markup_in(head) or ("xml" if bare.startswith(b"<?xml") else TEXT)
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return TEXT if is_utf16 else "unknown"


def has_controls(part: bytes) -> bool:
    """Whether bytes hold control characters other than tabs, line and page ends; deleting is the fastest search."""
    return len(part.translate(None, CONTROLS)) < len(part)


def markup_in(part: bytes) -> str | None:
    """Whether bytes hold a drawing or a page with markup that a browser would run: svg, html or None."""
    found = MARKUP.search(part.lower())
    return None if found is None else "svg" if found.group(1) else "html"
