"""Files as clients and attackers send them, made from nothing."""

import io
import random
import struct
import zipfile
import zlib
from itertools import pairwise

import pillow_heif
import pypdf
from PIL import Image

pillow_heif.register_heif_opener()
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
ORIENTATION, GPS = 0x0112, 0x8825
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def picture(form, size=(60, 40), mode="RGB", colour="white", **others):
    """A picture with a red left half, as encoded bytes."""
    made, out = Image.new(mode, size, colour), io.BytesIO()
    red = Image.new("RGB", (size[0] // 2, size[1]), "red").convert(mode)
    made.paste(red, (0, 0))
    made.save(out, form, **others)
    return out.getvalue()


def camera_data(orientation=6):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "Camera of Somebody"
    exif.get_ifd(GPS).update({1: "N", 2: (48.0, 51.0, 24.0), 3: "E", 4: (2.0, 21.0, 3.0)})
    return exif


def noise(form, size, **others):
    raw = random.Random(1).randbytes(size[0] * size[1] * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", size, raw).save(out, form, **others)
    return out.getvalue()


def png_chunk(name, content):
    return struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))


def png_header(width, height, *chunks):
    """A PNG of any claimed size, with next to nothing in it."""
    size = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", size)
    return start + b"".join(chunks) + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")


def tiff_header(width, height):
    """A TIFF of any claimed size, with next to nothing in it."""
    out = bytearray(picture("TIFF", (9, 9)))
    at = struct.unpack_from("<L", out, 4)[0]
    for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", out, at)[0], 12):
        tag, kind = struct.unpack_from("<HH", out, entry)
        if tag in (256, 257):
            assert kind in (3, 4)
            struct.pack_into("<HL", out, entry + 2, 4, 1)
            struct.pack_into("<L", out, entry + 8, width if tag == 256 else height)
    return bytes(out)


def pdf(*objects, catalog="", pages="<< /Type /Pages /Count 1 /Kids [3 0 R] >>"):
    """A PDF of one page; further objects are numbered from 4."""
    bodies = [f"<< /Type /Catalog /Pages 2 0 R {catalog} >>", pages]
    bodies += ["<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>", *objects]
    out, starts = io.BytesIO(), []
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    for number, body in enumerate(bodies, start=1):
        starts.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body if isinstance(body, bytes) else body.encode()))
    at = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1))
    out.writelines(b"%010d 00000 n \n" % start for start in starts)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, at))
    return out.getvalue()


def pdf_stream(content, keys="/Filter /FlateDecode"):
    packed = zlib.compress(content, 9)
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (keys.encode(), len(packed), packed)


def pdf_by_library(change, **locked):
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(595, 842)
    change(writer)
    if locked:
        writer.encrypt(**locked)
    writer.write(out)
    return out.getvalue()


def pdf_with_packed_objects(content, number=50):
    """A PDF whose cross-reference is a stream, and one of whose objects is packed in another stream."""
    out, starts = io.BytesIO(), {}
    header = b"%d 0 " % number
    packed = pdf_stream(header + content, f"/Type /ObjStm /N 1 /First {len(header)} /Filter /FlateDecode")
    bodies = {
        1: b"<< /Type /Catalog /Pages 2 0 R /OpenAction 50 0 R >>",
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        4: packed,
    }
    out.write(b"%PDF-1.7\n")
    for key, body in bodies.items():
        starts[key] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (key, body))
    at = out.tell()
    rows = [struct.pack(">BLH", 1, starts[key], 0) for key in sorted(starts)] + [struct.pack(">BLH", 1, at, 0)]
    rows.append(struct.pack(">BLH", 2, 4, 0))
    keys = f"/Type /XRef /Size 51 /W [1 4 2] /Index [1 5 {number} 1] /Root 1 0 R /Filter /FlateDecode"
    out.write(b"5 0 obj\n" + pdf_stream(b"".join(rows), keys) + b"\nendobj\n")
    out.write(b"startxref\n%d\n%%%%EOF\n" % at)
    return out.getvalue()


def deep_page_tree(depth):
    """A tree of pages, each node of which has one other below it."""
    nodes = [f"<< /Type /Pages /Count 1 /Kids [{number} 0 R] >>" for number in range(5, depth + 5)]
    nodes.append("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>")
    return pdf(*nodes, pages="<< /Type /Pages /Count 1 /Kids [4 0 R] >>")


def zipped(parts, *, packed=True):
    """A ZIP of names and contents, in order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def ooxml(main=WORD, parts=None, types=""):
    xml = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{types}'
    xml += f'<Override PartName="/main.xml" ContentType="{main}"/></Types>'
    return zipped({"[Content_Types].xml": xml, "_rels/.rels": "<a/>", "main.xml": "<a/>"} | (parts or {}))


def odf(kind="text", parts=None, entry=""):
    mime = f"application/vnd.oasis.opendocument.{kind}"
    space = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    manifest = f'<manifest:manifest {space}><manifest:file-entry manifest:full-path="/">{entry}</manifest:file-entry>'
    manifest += "</manifest:manifest>"
    return zipped({"mimetype": mime, "content.xml": "<a/>", "META-INF/manifest.xml": manifest} | (parts or {}))


def ole(*names):
    """An OLE container with a directory of these names, and nothing in the streams."""
    entries = [("Root Entry", 5), *((name, 2) for name in names)]
    entries += [("", 0)] * (-len(entries) % 4)
    count = len(entries) // 4
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += struct.pack("<LLLL", 1, 1, 0, 4096) + struct.pack("<LLLL", 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109L", 0, *[0xFFFFFFFF] * 108)
    chain = [0xFFFFFFFD, *range(2, count + 1), 0xFFFFFFFE]
    fat = struct.pack("<128L", *chain, *[0xFFFFFFFF] * (128 - len(chain)))
    directory = b""
    for name, kind in entries:
        wide = name.encode("utf-16-le")
        length = len(wide) + 2 if name else 0
        directory += wide.ljust(64, b"\0") + struct.pack("<HBB", length, kind, 1) + bytes(60)
    return header + fat + directory


def lying_zip(container, name, declared):
    """The same ZIP, whose directory and local header say another unpacked size for one entry."""
    out = bytearray(container)
    entry = zipfile.ZipFile(io.BytesIO(container)).getinfo(name)
    struct.pack_into("<L", out, entry.header_offset + 22, declared)
    at = out.rfind(b"PK\x01\x02", 0, out.rfind(name.encode()) + 1)
    struct.pack_into("<L", out, at + 24, declared)
    return bytes(out)


def overlapping_zip():
    """A docx, one part of which lies within the bytes of another."""
    inner = zipped({"b.xml": bytes(1000)})
    start = struct.unpack_from("<L", inner, len(inner) - 6)[0]
    out = io.BytesIO(ooxml())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.bin", inner[:start])
    made = out.getvalue()
    at = struct.unpack_from("<L", made, len(made) - 6)[0]
    listed = bytearray(inner[start:-22])
    struct.pack_into("<L", listed, 42, made.index(inner[:start]))
    directory = made[at:-22] + bytes(listed)
    count = struct.unpack_from("<H", made, len(made) - 12)[0] + 1
    return made[:at] + directory + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), at, 0)


def many_scans(count):
    """A progressive JPEG of many scans, each of which goes over all pixels."""
    jpeg = picture("JPEG", (640, 640), progressive=True)
    starts = [at for at in range(len(jpeg) - 1) if jpeg[at : at + 2] == b"\xff\xda"] + [len(jpeg) - 2]
    first, last = next(iter(pairwise(starts[1:])))
    return jpeg[:last] + jpeg[first:last] * count + jpeg[last:]
