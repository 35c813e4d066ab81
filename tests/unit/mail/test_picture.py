"""Pictures are read by their structure: whole ones of four kinds, and nothing that only looks like one."""

import struct
import zlib

import pytest

from relay_saas.mail.picture import BadPicture, Picture, read_picture


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 3, height: int = 2) -> bytes:
    pixels = zlib.compress(b"".join(b"\0" + b"\x0b\x5c\xad" * width for _ in range(height)))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg() -> bytes:
    frame = segment(0xC2, b"\x08" + struct.pack(">HH", 20, 30) + b"\x01\x01\x11\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0") + frame + scan + scan + b"\xff\xd9"


def gif() -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 7, 5, 0x80, 0, 0) + bytes(6)
    extension = b"\x21\xf9\x04\x00\x00\x00\x00\x00"
    return (
        head + extension + b"\x2c" + struct.pack("<HHHHB", 0, 0, 7, 5, 0) + b"\x02\x02\x44\x01\x00" + b"\x3b"
    )


def webp(kind: bytes = b"VP8X", data: bytes = b"\0\0\0\0\x09\0\0\x03\0\0") -> bytes:
    body = b"WEBP" + kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


WHOLE = {
    "png": (png(), 3, 2),
    "jpg": (jpeg(), 30, 20),
    "gif": (gif(), 7, 5),
    "webp": (webp(), 10, 4),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_picture_says_its_kind_and_size(kind: str) -> None:
    data, width, height = WHOLE[kind]
    assert read_picture(data) == Picture(kind=kind, width=width, height=height, data=data)


def test_webp_of_all_three_kinds_is_read() -> None:
    lossy = b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", 30, 20)
    assert read_picture(webp(b"VP8 ", lossy)).width == 30
    lossless = b"\x2f" + struct.pack("<I", (20 - 1) << 14 | (30 - 1))
    assert read_picture(webp(b"VP8L", lossless)).height == 20


@pytest.mark.parametrize("kind", WHOLE)
def test_what_follows_the_end_is_no_part_of_it(kind: str) -> None:
    data = WHOLE[kind][0]
    hidden = data + b"<script>alert(1)</script>PK\x03\x04"
    assert read_picture(hidden).data == data


@pytest.mark.parametrize("kind", WHOLE)
def test_no_picture_that_is_cut_off_anywhere_is_taken(kind: str) -> None:
    data = WHOLE[kind][0]
    for end in range(len(data)):
        with pytest.raises(BadPicture):
            read_picture(data[:end])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"<html><img src=x>",
        b"%PDF-1.7",
        b"GIF89a/*<html>*/=1;alert(1)//",
        b"BM\x00\x00",
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
        b"\xff\xd8\xff\xe0<script>",
        b"RIFF\x04\0\0\0WEBPVP8X",
        png().replace(b"IDAT", b"IDAX"),
        png(width=0),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(BadPicture):
        read_picture(data)


def exif(side: int, order: str = "<") -> bytes:
    mark = b"II" if order == "<" else b"MM"
    entries = struct.pack(f"{order}HHIHH", 0x010F, 2, 1, 0, 0) + struct.pack(
        f"{order}HHIHH", 0x0112, 3, 1, side, 0
    )
    return b"Exif\0\0" + mark + struct.pack(f"{order}HIH", 42, 8, 2) + entries + bytes(4) + b"35.68N 139.76E"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_photograph_loses_its_notes_and_stays_upright(order: str) -> None:
    plain = jpeg()
    noted = plain[:2] + segment(0xE1, exif(6, order)) + segment(0xFE, b"by Ann") + plain[2:]
    read = read_picture(noted)
    assert b"139.76E" not in read.data
    assert b"by Ann" not in read.data
    assert struct.pack(">HHIH", 0x0112, 3, 1, 6) in read.data
    assert read.data.startswith(b"\xff\xd8\xff\xe0")
    # What was cleaned once is clean.
    assert read_picture(read.data).data == read.data


def test_notes_that_cannot_be_read_are_left_out_like_others() -> None:
    plain = jpeg()
    for notes in (b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0XX*\0", exif(1), exif(99)):
        assert read_picture(plain[:2] + segment(0xE1, notes) + plain[2:]).data == plain


def test_pngs_and_webps_lose_their_notes_too() -> None:
    end = chunk(b"IEND", b"")
    noted = png().removesuffix(end) + chunk(b"tEXt", b"Author\0Ann") + chunk(b"eXIf", b"MM") + end
    assert read_picture(noted).data == png()
    body = webp()[12:] + b"EXIF" + struct.pack("<I", 3) + b"MM*\0" + b"XMP " + struct.pack("<I", 2) + b"<x"
    flagged = body[:8] + b"\x0c" + body[9:]
    noted = b"RIFF" + struct.pack("<I", len(flagged) + 4) + b"WEBP" + flagged
    assert read_picture(noted).data == webp()


def test_a_changed_octet_of_a_png_is_noticed() -> None:
    data = bytearray(png())
    for at in range(8, len(data)):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(BadPicture):
            read_picture(bytes(changed))
