"""Office files: OOXML (docx, xlsx), OpenDocument (odt, ods) and locked OOXML, examined without opening the document.

May touch: the file. Tests: tests/integration/requests/inspection/test_hostile_files.py.
"""

import re
import struct
from pathlib import Path
from typing import Any
from xml.parsers import expat

from tasks.domain.requests.files import RefusedFile
from tasks.requests.inspection.zip_directory import DamagedZip, Entries, check_entries, read_part, read_zip_directory

CONTENT_TYPES, MIME_TYPE, MANIFEST = "[Content_Types].xml", "mimetype", "META-INF/manifest.xml"
OOXML = "application/vnd.openxmlformats-officedocument."
MAIN_PARTS = {
    f"{OOXML}wordprocessingml.document.main+xml": "docx",
    f"{OOXML}spreadsheetml.sheet.main+xml": "xlsx",
}
ODF = "application/vnd.oasis.opendocument."
MIME_TYPES = {f"{ODF}text": "odt", f"{ODF}spreadsheet": "ods"}
MACRO_TYPES = re.compile(r"macro|vbaproject|intlmacrosheet", re.IGNORECASE)
MACRO_PARTS = re.compile(r"vba(?:project|data)|(?:^|/)macrosheets/|(?:^|/)dialogsheets/", re.IGNORECASE)
ODF_MACRO_PARTS = re.compile(r"^/?(?:basic|scripts)/", re.IGNORECASE)
FILES_WITHIN = re.compile(r"(?:^|/)(?:embeddings|activex)/.|^object ", re.IGNORECASE)
OFFICE_ENDINGS = ("docx", "xlsx", "odt", "ods")
# What a locked docx or xlsx consists of ([MS-OFFCRYPTO] 2.1); an old .doc or .xls has other streams.
LOCKED_PARTS = frozenset({
    "Root Entry", "EncryptionInfo", "EncryptedPackage", "\x06DataSpaces", "Version", "DataSpaceMap", "DataSpaceInfo",
    "StrongEncryptionDataSpace", "TransformInfo", "StrongEncryptionTransform", "\x06Primary",
    "\x05SummaryInformation", "\x05DocumentSummaryInformation",
})  # fmt: skip
OLE_HEADER, OLE_SECTORS = 512, (b"\x09", b"\x0c")
OLE_ENTRY, MOST_OLE_ENTRIES, LAST_SECTOR = 128, 200, 0xFFFFFFFA


def zip_kind(path: Path, ending: str) -> str:
    """The type of a ZIP container.

    Raises:
        RefusedFile: it is a bomb, or should be an office file and is damaged.
    """
    try:
        entries = read_zip_directory(path)
        if CONTENT_TYPES in entries:
            return _ooxml_kind(path, entries)
        if MIME_TYPE in entries:
            mime = read_part(path, entries[MIME_TYPE]).decode("ascii", errors="replace").strip()
            return MIME_TYPES.get(mime, "other_office" if mime.startswith(ODF) else "archive")
    except DamagedZip:
        if ending in OFFICE_ENDINGS:
            raise RefusedFile("not_readable", kind=ending) from None
    return "archive"


def _ooxml_kind(path: Path, entries: Entries) -> str:
    _, attributes = read_xml(read_part(path, entries[CONTENT_TYPES]))
    types = [value for name, value in attributes if name == "ContentType"]
    kinds = {MAIN_PARTS[one] for one in types if one in MAIN_PARTS}
    has_macros = any(map(MACRO_TYPES.search, types)) or any(map(MACRO_PARTS.search, entries))
    if has_macros:
        raise RefusedFile("has_macros", kind=next(iter(kinds), "other_office"))
    return kinds.pop() if len(kinds) == 1 else "other_office"


def examine_office(path: Path, kind: str) -> tuple[tuple[str, ...], bool]:
    """Check an office file whose type is known; returns notes, and whether it is locked.

    Raises:
        RefusedFile: it is damaged, a bomb, or has macros.
    """
    if not zipfile_begins(path):
        return (), True
    try:
        entries = read_zip_directory(path)
        check_entries(path, entries)
        is_locked = kind in ("odt", "ods") and _examine_odf(path, kind, entries)
    except DamagedZip:
        raise RefusedFile("not_readable", kind=kind) from None
    has_files = any(map(FILES_WITHIN.search, entries))
    return (("office_has_files",) if has_files else ()), is_locked


def zipfile_begins(path: Path) -> bool:
    """Whether a file begins as a ZIP does."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _examine_odf(path: Path, kind: str, entries: Entries) -> bool:
    if any(map(ODF_MACRO_PARTS.search, entries)):
        raise RefusedFile("has_macros", kind=kind)
    if MANIFEST not in entries:
        raise DamagedZip
    elements, attributes = read_xml(read_part(path, entries[MANIFEST]))
    if any(name == "full-path" and ODF_MACRO_PARTS.search(value) for name, value in attributes):
        raise RefusedFile("has_macros", kind=kind)
    return "encryption-data" in elements


def read_xml(xml: bytes) -> tuple[set[str], list[tuple[str, str]]]:
    """The names of all elements of an XML text, and its attributes with their values; without namespaces.

    Raises:
        DamagedZip: it is no XML, or declares a type or entities, with which a short text can become an endless one.
    """
    elements: set[str] = set()
    attributes: list[tuple[str, str]] = []

    def start(element: str, values: dict[str, str]) -> None:
        elements.add(element.rpartition(" ")[2])
        attributes.extend((key.rpartition(" ")[2], value) for key, value in values.items())

    def refuse(*_: Any) -> None:
        raise DamagedZip

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise DamagedZip from error
    return elements, attributes


def old_or_encrypted(path: Path, ending: str) -> str:
    """The type of an OLE container: a locked docx or xlsx, or an old office file.

    Only the name tells a locked text from a locked workbook.
    """
    names = _ole_names(path)
    is_locked = {"EncryptionInfo", "EncryptedPackage"} <= names <= LOCKED_PARTS
    return ending if is_locked and ending in ("docx", "xlsx") else "old_office"


def _ole_names(path: Path) -> set[str]:
    """The names in an OLE container's directory, as far as its chain of sectors goes ([MS-CFB] 2.2, 2.6)."""
    with path.open("rb") as file:
        header = file.read(OLE_HEADER)
        if len(header) < OLE_HEADER or header[30:31] not in OLE_SECTORS:
            return set()
        size = 1 << header[30]
        sector, fat_at = struct.unpack_from("<L", header, 48)[0], struct.unpack_from("<109L", header, 76)
        names: set[str] = set()
        for _ in range(MOST_OLE_ENTRIES * OLE_ENTRY // size + 1):
            file.seek((sector + 1) * size)
            part = file.read(size)
            names |= {_ole_name(part[at : at + OLE_ENTRY]) for at in range(0, len(part), OLE_ENTRY)}
            block, place = divmod(sector, size // 4)
            if block >= len(fat_at):
                return set()
            file.seek((fat_at[block] + 1) * size + place * 4)
            sector = int.from_bytes(file.read(4), "little")
            if sector >= LAST_SECTOR:
                return names - {""}
    return set()


def _ole_name(entry: bytes) -> str:
    if len(entry) < OLE_ENTRY or entry[66] == 0:
        return ""
    length = max(0, min(struct.unpack_from("<H", entry, 64)[0], 64) - 2)
    return entry[:length].decode("utf-16-le", errors="replace")
