"""The source text that a person wrote: its line ends, its places, and a problem at one of them."""

from typing import Any

from relay_saas.mail.exceptions import MailError


class SourceError(MailError):
    """What is wrong with a source; `line` and `column` count from 1 and are None where no place is known."""

    def __init__(self, code: str, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(code)
        #: one English sentence; it may quote the source
        self.message = message
        self.line = line
        self.column = column

    def __str__(self) -> str:
        where = "" if self.line is None else f" (line {self.line}, column {self.column})"
        return self.message + where

    def __reduce__(self) -> tuple[type["SourceError"], tuple[Any, ...]]:
        return type(self), (self.code, self.message, self.line, self.column)


def with_lf(text: str) -> str:
    """`text` with LF line ends, from CRLF and CR."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def place(source: str, index: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character of `source` (lines end with LF)."""
    return source.count("\n", 0, index) + 1, index - source.rfind("\n", 0, index)
