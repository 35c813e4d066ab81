"""Finds the encoding of a file by trying: byte order mark, strict UTF-8, Shift_JIS (cp932), EUC-JP."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from campaigns.exceptions import BadImportFile

CHUNK: Final = 1024 * 1024
#: Longer marks first: UTF-32's begins with UTF-16's.
MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: xlsx and other archives, gzip, old Office files, PDF, 7-Zip, xz, zstd.
MAGIC: Final = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"\xd0\xcf\x11\xe0",
    b"%PDF",
    b"7z\xbc\xaf",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
)
#: In UTF-16 without a mark, every second byte of ASCII text is zero; a stray NUL is not that.
NUL_SHARE: Final = 10
HALF_WIDTH_KANA: Final = re.compile("[\uff61-\uff9f]")
#: What Python's cp932 makes of the bytes 80, A0, FD, FE and FF, which no Shift_JIS text holds.
PLACEHOLDERS: Final = re.compile("[\x80\uf8f0-\uf8f3]")
#: What a person may choose, by Python's names.
ENCODINGS: Final = ("utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An encoding by Python's name, and how many lines the file has."""

    encoding: str
    lines: int


@dataclass(slots=True)
class _Reading:
    """How a file looks in one encoding."""

    lines: int = 0
    not_ascii: int = 0
    half_width_kana: int = 0


def find_encoding(path: Path) -> Found:
    """The encoding in which the whole of `path` can be read; raises BadImportFile."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(MAGIC):
        raise BadImportFile("file_not_text")
    for mark, encoding in MARKS:
        if head.startswith(mark):
            if not encoding:
                raise BadImportFile("encoding_utf32")
            return _whole(path, encoding)
    if head.count(0) * NUL_SHARE > len(head):
        raise BadImportFile("encoding_utf16_unmarked")
    return _unmarked(path)


def check_encoding(path: Path, encoding: str) -> Found:
    """The encoding that a person chose, where the whole of `path` can be read in it; raises BadImportFile."""
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(MAGIC):
        raise BadImportFile("file_not_text")
    if encoding == "utf-8" and head.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    # Without its mark UTF-16 is read in this machine's order of bytes, and almost anything passes for it.
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    reading = _read(path, encoding) if encoding in ENCODINGS and (encoding != "utf-16" or marked) else None
    if reading is None:
        raise BadImportFile("encoding_does_not_fit")
    return Found(encoding=encoding, lines=reading.lines)


def _whole(path: Path, encoding: str) -> Found:
    reading = _read(path, encoding)
    if reading is None:
        raise BadImportFile("encoding_unknown")
    return Found(encoding=encoding, lines=reading.lines)


def _unmarked(path: Path) -> Found:
    utf8 = _read(path, "utf-8")
    if utf8 is not None:
        return Found(encoding="utf-8", lines=utf8.lines)
    cp932, euc = _read(path, "cp932"), _read(path, "euc_jp")
    # EUC-JP often reads as Shift_JIS too, and is then mostly half-width kana, which hardly anybody writes.
    if euc and (cp932 is None or cp932.half_width_kana * 2 > cp932.not_ascii):
        return Found(encoding="euc_jp", lines=euc.lines)
    if cp932:
        return Found(encoding="cp932", lines=cp932.lines)
    raise BadImportFile("encoding_unknown")


def _read(path: Path, encoding: str) -> _Reading | None:
    reading = _Reading()
    try:
        for text in _chunks(path, encoding):
            reading.lines += max(text.count("\n"), text.count("\r"))
            if encoding == "cp932" and not _count_kana(text, reading):
                return None
    except UnicodeDecodeError:
        return None
    return reading


def _count_kana(text: str, reading: _Reading) -> bool:
    """Counts; False where the text holds what the codec makes of bytes that Shift_JIS does not have."""
    reading.not_ascii += len(text) - len(text.encode("ascii", "ignore"))
    reading.half_width_kana += len(HALF_WIDTH_KANA.findall(text))
    return PLACEHOLDERS.search(text) is None


def _chunks(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            yield decoder.decode(data)
    yield decoder.decode(b"", final=True)
