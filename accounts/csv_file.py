"""CSV as spreadsheets read it: UTF-8 with BOM or Shift_JIS (cp932), CRLF, no cell that runs as a formula."""

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.formula_guard import guard

MEDIA_TYPE: Final = "text/csv"
#: What stands where cp932 lacks a character, as Japanese printers do it.
LACKING: Final = "〓"
#: The same sign under the number that cp932 knows it by.
_SAME: Final = str.maketrans(
    "\u301c\u2212\u2016\u2014\u2013\u00a2\u00a3\u00ac\u00a5\u00a0", "～－∥――￠￡￢\\ "
)
_PIECE_ROWS: Final = 500


class Encoding(models.TextChoices):
    """What the octets of a file mean."""

    UTF8 = "utf-8", _("UTF-8 (for Excel and everything else)")
    CP932 = "cp932", _("Shift_JIS (for programs that know nothing else)")


class CsvFile:
    """Writes rows to a binary file, one at a time; `replaced` counts characters that cp932 lacks.

    Times are written in the active time zone. A file with nothing but its head is a valid one.
    """

    def __init__(self, target: IO[bytes], columns: Sequence[object], encoding: str = Encoding.UTF8) -> None:
        self.rows = 0
        self.replaced = 0
        self._target = target
        self._encoding = Encoding(encoding)
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text)
        if self._encoding == Encoding.UTF8:
            target.write(b"\xef\xbb\xbf")
        self._put(columns)

    def write(self, row: Iterable[object]) -> None:
        """Adds one row."""
        self._put(row)
        self.rows += 1

    def _put(self, row: Iterable[object]) -> None:
        self._csv.writerow([cell_text(value) for value in row])
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        self._target.write(self._octets(text))

    def _octets(self, text: str) -> bytes:
        if self._encoding == Encoding.UTF8:
            # A lone surrogate is no character; nothing of ours makes one, and a file must not end on one.
            return text.encode("utf-8", errors="replace")
        try:
            return text.encode("cp932")
        except UnicodeEncodeError:
            fitting = "".join(
                self._fitting(char) for char in unicodedata.normalize("NFC", text).translate(_SAME)
            )
            return fitting.encode("cp932")

    def _fitting(self, char: str) -> str:
        try:
            char.encode("cp932")
        except UnicodeEncodeError:
            self.replaced += 1
            return LACKING
        return char


def csv_pieces(
    columns: Sequence[object], rows: Iterable[Iterable[object]], encoding: str = Encoding.UTF8
) -> Iterator[bytes]:
    """A file in pieces, for a streamed answer; `rows` opens scopes of its own: it outlives the request's."""
    target = io.BytesIO()
    written = CsvFile(target, columns, encoding)
    for row in rows:
        written.write(row)
        if written.rows % _PIECE_ROWS == 0:
            yield _drained(target)
    yield _drained(target)


def cell_text(value: object) -> str:
    """A value as a cell: nothing for None, local time for a date and time, JSON for lists and maps."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict | list | tuple):
        return guard(json.dumps(value, ensure_ascii=False))
    return guard(str(value))


def _drained(target: io.BytesIO) -> bytes:
    piece = target.getvalue()
    target.seek(0)
    target.truncate()
    return piece
