"""The one file inside a .zip archive.

May touch: nothing. Tests: tests/unit/intake/test_awkward_files.py.
"""

import io
import zipfile
import zlib

from tasks.intake.readers.raw_file import CUT_OFF, UnreadableFile

MOST_BYTES = 4 << 30  # an archive may unpack to a thousand times its size
BYTES_A_PIECE = 1 << 24
BESIDE_IT = ("__MACOSX/", ".DS_Store", "Thumbs.db")  # added to archives by operating systems
NAME = 40  # maximum length of a file's name in a message


def only_file(name: str, data: bytes) -> tuple[str, bytes]:
    """The name and the bytes of the only file in an archive.

    Args:
        name: the archive's, for messages.
        data: its bytes.

    Raises:
        UnreadableFile: it is not a complete zip archive, holds no file or several, or is protected.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = [p for p in packed.infolist() if not p.is_dir() and not _is_beside(p.filename)]
            if len(parts) != 1:
                raise UnreadableFile(
                    f"{name}: it holds {len(parts):,} files. Unpack it and import the one that is meant."
                )
            if parts[0].flag_bits & 1:
                raise UnreadableFile(f"{name}: it is protected by a password. Unpack it and import what it holds.")
            return parts[0].filename.rpartition("/")[2][-NAME:], _unpacked(name, packed, parts[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError):
        raise UnreadableFile(f"{name}: it is not a zip archive, or it is damaged, or {CUT_OFF}") from None


def _is_beside(path: str) -> bool:
    return path.startswith(BESIDE_IT) or path.endswith(BESIDE_IT)


def _unpacked(name: str, packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    pieces, size = list[bytes](), 0
    with packed.open(part) as file:
        while piece := file.read(BYTES_A_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise UnreadableFile(f"{name}: unpacked it is larger than {MOST_BYTES >> 30} GB. Split the export.")
    return b"".join(pieces)
