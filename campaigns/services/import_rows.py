"""Turns one row of a file into what the staging table holds: address and typed values, or why not."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from accounts.formula_guard import unguard
from campaigns.services.column_guess import ColumnMap
from campaigns.services.field_values import BadValue, Value, read_value
from campaigns.services.file_reading import RawRow
from relay_saas.mail.addresses import Address, BadAddress, normalise_cell, parse_address

#: Carriers that once gave out addresses with consecutive dots, or a dot before the @ (RFC 5321: quoted).
_CARRIER_DOTS: Final = re.compile(r"([a-z0-9][a-z0-9._-]*)@((?:docomo|ezweb|au)\..+)", re.IGNORECASE)
_FULL_WIDTH: Final = re.compile(r"[\uff01-\uff5e]")
#: PostgreSQL stores no NUL; the picture of one says where it stood.
_NUL_PICTURE: Final = "\u2400"


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedRow:
    """One row on its way: an empty `reason` means that it is to be imported."""

    line: int
    reason: str
    #: What the reason is about: a column's name.
    detail: str
    #: None where there is no address to speak of.
    address: Address | None
    #: The address was written in full-width characters.
    full_width: bool
    attrs: dict[str, Value]
    cells: list[str]

    def record(self) -> tuple[object, ...]:
        """The columns of the staging table, in its order."""
        address = self.address
        return (
            self.line,
            self.reason,
            self.detail,
            str(address) if address else "",
            address.key if address else None,
            address.domain if address else "",
            bool(address and address.needs_smtputf8),
            self.full_width,
            json.dumps(self.attrs, ensure_ascii=False),
            self.cells,
        )


def stage_rows(rows: Iterable[RawRow], columns: ColumnMap, width: int) -> Iterator[StagedRow]:
    """Stages every row; `width` is how many columns the header names."""
    for row in rows:
        yield stage_row(row, columns, width)


def stage_row(row: RawRow, columns: ColumnMap, width: int) -> StagedRow:
    """Stages one row; one with several faults reports the address first, then the first from the left.

    Cells missing at the end count as empty (spreadsheets drop them). Cells beyond the header are a fault
    unless empty, because an unquoted delimiter has shifted the columns.
    """
    cells = [cell.replace("\x00", _NUL_PICTURE) for cell in row.cells]
    if row.fault:
        return _refused(row.line, row.fault, "", cells)
    if any(cell.strip() for cell in row.cells[width:]):
        return _refused(row.line, "too_many_cells", "", cells)
    values = row.cells[:width] + [""] * (width - len(row.cells))
    if columns.is_errors_file:
        values = [unguard(value) for value in values]
    try:
        address = read_address(values[columns.email])
    except BadAddress as error:
        return _refused(row.line, f"address_{error.code}", "", cells)
    return _typed(row.line, address, values, columns, cells)


def read_address(cell: str) -> Address:
    """The address in a cell; raises BadAddress.

    `taro..suzuki@docomo.ne.jp` becomes `"taro..suzuki"@docomo.ne.jp`, the only form that mail may use.
    """
    try:
        return parse_address(cell)
    except BadAddress:
        dotted = _CARRIER_DOTS.fullmatch(normalise_cell(cell)[0])
        if dotted is None:
            raise
        return parse_address(f'"{dotted[1]}"@{dotted[2]}')


def _typed(line: int, address: Address, values: list[str], columns: ColumnMap, cells: list[str]) -> StagedRow:
    attrs: dict[str, Value] = {}
    reason = detail = ""
    for column in columns.fields:
        try:
            value = read_value(values[column.position], column.kind)
        except BadValue as error:
            reason, detail = error.code, column.name
            break
        if value is not None:
            attrs[column.key] = value
    return StagedRow(
        line=line,
        reason=reason,
        detail=detail,
        address=address,
        full_width=bool(_FULL_WIDTH.search(values[columns.email])),
        attrs=attrs,
        cells=cells,
    )


def _refused(line: int, reason: str, detail: str, cells: list[str]) -> StagedRow:
    return StagedRow(
        line=line, reason=reason, detail=detail, address=None, full_width=False, attrs={}, cells=cells
    )
