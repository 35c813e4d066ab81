"""Reads a CSV or TSV file of unknown encoding, row by row in bounded memory (RFC 4180)."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from campaigns.exceptions import BadImportFile
from campaigns.services.encoding_guess import Found, check_encoding, find_encoding
from relay_saas.mail.addresses import normalise_cell

MAX_BYTES: Final = 512 * 1024 * 1024
MAX_COLUMNS: Final = 200
MAX_NAME: Final = 200
#: Characters of one line of the file.
MAX_LINE: Final = 1_000_000
DELIMITERS: Final = ("\t", ",", ";")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """What was found out about a file before its rows are read."""

    path: Path
    encoding: str
    delimiter: str
    #: Names of the first row, blanks around them removed, full-width ASCII as ASCII.
    columns: tuple[str, ...]
    #: Lines of the file, an upper bound of its rows.
    lines: int
    #: The first row names the columns and is no row of data.
    has_header: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a person wants a file to be read; what is None is found out."""

    encoding: str | None = None
    delimiter: str | None = None
    #: Without a header columns are called by `name` and their number, and no row is lost.
    has_header: bool = True
    name: str = "Column"
    #: How many lines it has, where it was read through in this encoding before.
    lines: int | None = None


FOUND_OUT: Final = Reading()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """One row as it stands in the file."""

    #: Line of the file on which the row begins, from 1.
    line: int
    cells: list[str]
    #: Code of what makes the row unreadable; empty for a row that could be read.
    fault: str = ""


class CountedLines:
    """Lines of a text, each of bounded length; keeps the last one for the report of an unreadable row."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.number = 0
        self.last = ""

    def __iter__(self) -> "CountedLines":
        return self

    def __next__(self) -> str:
        self.number += 1
        self.last = self._stream.readline(MAX_LINE + 1)
        if not self.last:
            raise StopIteration
        if len(self.last) > MAX_LINE:
            raise BadImportFile("line_too_long", line=self.number, characters=MAX_LINE)
        return self.last


def open_table(path: Path, reading: Reading = FOUND_OUT) -> TableFile:
    """Finds out encoding, delimiter and columns of `path`, as far as not chosen; raises BadImportFile."""
    size = path.stat().st_size
    if size == 0:
        raise BadImportFile("file_empty")
    if size > MAX_BYTES:
        raise BadImportFile("file_too_large", megabytes=MAX_BYTES // 1024**2)
    found = _found(path, reading)
    delimiter = reading.delimiter or _delimiter(path, found.encoding)
    header = next(_rows(path, found.encoding, delimiter), None)
    if header is None:
        raise BadImportFile("file_empty")
    return TableFile(
        path=path,
        encoding=found.encoding,
        delimiter=delimiter,
        columns=_column_names(header) if reading.has_header else _numbers(header, reading.name),
        lines=found.lines,
        has_header=reading.has_header,
    )


def _found(path: Path, reading: Reading) -> Found:
    if not reading.encoding:
        return find_encoding(path)
    if reading.lines is not None:
        return Found(encoding=reading.encoding, lines=reading.lines)
    return check_encoding(path, reading.encoding)


def read_rows(table: TableFile) -> Iterator[RawRow]:
    """The rows below the header; raises BadImportFile where the file cannot be read on."""
    rows = _rows(table.path, table.encoding, table.delimiter)
    if table.has_header:
        next(rows)
    yield from rows


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[RawRow]:
    # newline="": quoted cells keep their line ends, and CR alone ends a line as well.
    with path.open(encoding=encoding, newline="") as stream:
        lines = CountedLines(stream)
        # strict: a quotation mark that is never closed is an error and not one giant cell.
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            begin = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if lines.last == "" or reader.line_num > begin:
                    raise BadImportFile("unclosed_quote", line=begin) from error
                fault = "cell_too_long" if "field limit" in str(error) else "bad_quotes"
                yield RawRow(line=begin, cells=[lines.last.rstrip("\r\n")], fault=fault)
                continue
            # Spreadsheets leave rows of nothing but delimiters behind.
            if any(not cell.isspace() for cell in cells if cell):
                yield RawRow(line=begin, cells=cells)


def _delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as stream:
        first = next((line for line in CountedLines(stream) if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=outside.count) if any(mark in outside for mark in DELIMITERS) else ","


def _numbers(first: RawRow, name: str) -> tuple[str, ...]:
    _check_width(first)
    return tuple(f"{name} {number}" for number in range(1, len(first.cells) + 1))


def _check_width(header: RawRow) -> None:
    if header.fault:
        raise BadImportFile("unclosed_quote", line=header.line)
    if len(header.cells) > MAX_COLUMNS:
        raise BadImportFile("too_many_columns", columns=MAX_COLUMNS)


def _column_names(header: RawRow) -> tuple[str, ...]:
    _check_width(header)
    names = tuple(normalise_cell(cell.replace("\x00", ""))[0] for cell in header.cells)
    for number, name in enumerate(names, start=1):
        if len(name) > MAX_NAME:
            raise BadImportFile("header_too_long", column=number, characters=MAX_NAME)
    return names
