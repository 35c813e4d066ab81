"""Keeps cells of exported files from being run as formulas by a spreadsheet (OWASP: CSV injection)."""

from typing import Final

_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def guard(cell: str) -> str:
    """The cell with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_STARTS) else cell


def unguard(cell: str) -> str:
    """Takes the apostrophe of `guard` off again."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_STARTS) else cell
