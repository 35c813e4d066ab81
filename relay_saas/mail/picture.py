"""Reads pictures by their own structure, from end to end, and leaves out what people do not know is in them.

Nothing is decoded. What is let through begins, goes on and ends as its format says: PNG (ISO/IEC 15948) by
its chunks and their checksums, JPEG (ITU-T T.81) by its markers, GIF89a by its blocks, WebP (RFC 9649) by its
RIFF chunks. Camera notes (Exif, XMP: the place among them) and whatever follows the end are left out.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from relay_saas.mail.exceptions import MailError

Kind = Literal["png", "jpg", "gif", "webp"]

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_NOTES: Final = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_WEBP_NOTES: Final = frozenset({b"EXIF", b"XMP "})
#: In the flags of a VP8X chunk: that the notes are there.
_WEBP_NOTED: Final = 0b0000_1100
#: Markers without a length: TEM, RST0–7, SOI.
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
#: SOF0–15 without DHT, JPG and DAC.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: APP1 and APP3–13, APP15 and COM; APP0 (JFIF), APP2 (colour profile) and APP14 (Adobe) say how to draw.
_JPEG_NOTES: Final = frozenset({0xE1, *range(0xE3, 0xEE), 0xEF, 0xFE})
_SOS, _EOI, _APP1, _APP2 = 0xDA, 0xD9, 0xE1, 0xE2
_EXIF: Final = b"Exif\0\0"
_PROFILE: Final = b"ICC_PROFILE\0"
_ORIENTATION: Final = 0x0112


class BadPicture(MailError):
    """The bytes are not one whole picture of a known kind."""

    reasons = {
        "not_a_picture": "This is neither PNG, JPEG, GIF nor WebP.",
        "broken_picture": "The picture is damaged or incomplete.",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The kind, which is also the file's ending, the size in pixels, and the picture without notes."""

    kind: Kind
    width: int
    height: int
    data: bytes = field(repr=False)


def read_picture(data: bytes) -> Picture:
    """What `data` is; raises BadPicture."""
    try:
        if data.startswith(_PNG):
            return _png(data)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data.startswith((b"GIF87a", b"GIF89a")):
            return _gif(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError) as error:
        raise BadPicture("broken_picture") from error
    raise BadPicture("not_a_picture")


def _png(data: bytes) -> Picture:
    at, kept, drawn = len(_PNG), [_PNG], False
    width, height = struct.unpack_from(">II", data, at + 8)
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(data[at + 4 : end - 4]) != checksum or (at == len(_PNG)) != (kind == b"IHDR"):
            raise BadPicture("broken_picture")
        if kind not in _PNG_NOTES:
            kept.append(data[at:end])
        drawn = drawn or kind == b"IDAT"
        if kind == b"IEND":
            return _sized("png", width, height, b"".join(kept) if drawn else b"")
        at = end


def _jpeg(data: bytes) -> Picture:
    kept, turned, width, height = [], b"", 0, 0
    drawn = ended = False
    for marker, start, end in _segments(data):
        body = data[start + 4 : end]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", body, 1)
        if marker == _APP1 and body.startswith(_EXIF):
            turned = turned or _turned(body)
        drawn, ended = drawn or marker == _SOS, marker == _EOI
        if marker not in _JPEG_NOTES and not (marker == _APP2 and not body.startswith(_PROFILE)):
            kept.append(data[start:end])
    whole = drawn and ended
    # After JFIF, which must be the first.
    place = 1 if kept and kept[0][:2] == b"\xff\xe0" else 0
    kept.insert(place, turned)
    return _sized("jpg", width, height, b"\xff\xd8" + b"".join(kept) if whole else b"")


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment after SOI; a scan's data belongs to it."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise BadPicture("broken_picture")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        end = at + 2
        if marker not in _BARE and marker != _EOI:
            (length,) = struct.unpack_from(">H", data, end)
            end += max(length, 2)
        if marker == _SOS:
            end = _after_scan(data, end)
        yield marker, at, end
        if marker == _EOI:
            return
        at = end


def _after_scan(data: bytes, at: int) -> int:
    """Where the next marker stands: inside a scan 0xFF is followed by 0x00 or a restart marker."""
    while (at := data.find(b"\xff", at)) >= 0:
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    raise BadPicture("broken_picture")


def _turned(exif: bytes) -> bytes:
    """An Exif segment that says which side is up and nothing else; empty where it need not be said."""
    tiff = exif[len(_EXIF) :]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return b""
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(min(count, 200)):
            tag, kind, _, side = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if tag == _ORIENTATION and kind == 3 and 2 <= side <= 8:
                entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, side, 0)
                body = _EXIF + b"MM\0\x2a" + struct.pack(">IH", 8, 1) + entry + bytes(4)
                return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    except struct.error:
        # Notes that cannot be read are left out like the others.
        return b""
    return b""


def _gif(data: bytes) -> Picture:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at, drawn = 13 + _colours(flags), False
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            at += 10 + _colours(data[at + 9]) + 1
            drawn = True
        elif data[at] == 0x21:
            at += 2
        else:
            raise BadPicture("broken_picture")
        while data[at]:
            at += data[at] + 1
        at += 1
    return _sized("gif", width, height, data[: at + 1] if drawn else b"")


def _colours(flags: int) -> int:
    """Octets of the colour table that the flags announce."""
    return int(3 * 2 ** ((flags & 7) + 1)) if flags & 0x80 else 0


def _webp(data: bytes) -> Picture:
    (size,) = struct.unpack_from("<I", data, 4)
    kind = data[12:16]
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    elif kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8X":
        low, high, below, above = struct.unpack_from("<HBHB", data, 24)
        width, height = low + (high << 16) + 1, below + (above << 16) + 1
    else:
        raise BadPicture("broken_picture")
    # At least the head of one chunk that says how large it is.
    if not 18 <= size <= len(data) - 8:
        raise BadPicture("broken_picture")
    body = b"WEBP" + b"".join(_chunks(data[: size + 8]))
    return _sized("webp", width, height, b"RIFF" + struct.pack("<I", len(body)) + body)


def _chunks(data: bytes) -> Iterator[bytes]:
    """The chunks of a WebP file without its notes."""
    at = 12
    while at < len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length + length % 2
        if end > len(data):
            raise BadPicture("broken_picture")
        if kind == b"VP8X":
            yield data[at : at + 8] + bytes([data[at + 8] & ~_WEBP_NOTED]) + data[at + 9 : end]
        elif kind not in _WEBP_NOTES:
            yield data[at:end]
        at = end


def _sized(kind: Kind, width: int, height: int, data: bytes) -> Picture:
    if not (data and width and height):
        raise BadPicture("broken_picture")
    return Picture(kind=kind, width=width, height=height, data=data)
