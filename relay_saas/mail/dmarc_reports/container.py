"""Opens what a report travels in: gzip (RFC 1952), zip, or bare XML, in bounded time and memory."""

import io
import zipfile
import zlib
from typing import Final

from relay_saas.mail.dmarc_reports.errors import BadReport

#: Octets of XML that are read: some 10,000 records, more than the 1 MB of a mail usually holds.
MOST_XML: Final = 5 * 1024 * 1024
#: XML of reports shrinks to a tenth or a thirtieth; what shrinks to less was made to burst.
MOST_RATIO: Final = 200
#: Small files may be odd.
_ALLOWANCE: Final = 64 * 1024
MOST_MEMBERS: Final = 3
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BOM: Final = b"\xef\xbb\xbf"


def looks_like_report(data: bytes) -> bool:
    """Whether it is worth opening."""
    return _is_archive(data) or data[:400].removeprefix(_BOM).lstrip().startswith((b"<?xml", b"<feedback"))


def open_report(data: bytes) -> bytes:
    """The XML inside. One layer only: an archive in an archive is refused. Raises BadReport."""
    if data.startswith(_GZIP):
        xml = _gunzip(data)
    elif data.startswith((_ZIP, _EMPTY_ZIP)):
        xml = _unzip(data)
    else:
        xml = data
    if len(xml) > MOST_XML:
        raise BadReport("too_large")
    if len(xml) > MOST_RATIO * len(data) + _ALLOWANCE:
        raise BadReport("too_dense")
    if _is_archive(xml):
        raise BadReport("nested")
    return xml


def _is_archive(data: bytes) -> bool:
    return data.startswith((_GZIP, _ZIP, _EMPTY_ZIP))


def _gunzip(data: bytes) -> bytes:
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        xml = stream.decompress(data, MOST_XML + 1)
    except zlib.error as error:
        raise BadReport("broken_archive") from error
    if len(xml) > MOST_XML:
        raise BadReport("too_large")
    if not stream.eof:
        raise BadReport("broken_archive")
    if stream.unused_data.strip(b"\0"):
        raise BadReport("several_members")
    return xml


def _unzip(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(archive.infolist()) > MOST_MEMBERS or len(members) != 1:
                raise BadReport("several_members" if members else "broken_archive")
            return _member(archive, members[0])
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError) as error:
        if isinstance(error, BadReport):
            raise
        raise BadReport("broken_archive") from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.flag_bits & _ENCRYPTED:
        raise BadReport("encrypted")
    if member.compress_type not in _METHODS:
        raise BadReport("broken_archive")
    # What the directory claims is checked first, and never believed: reading stops by itself.
    if member.file_size > MOST_XML:
        raise BadReport("too_large")
    with archive.open(member) as stream:
        return stream.read(MOST_XML + 1)
