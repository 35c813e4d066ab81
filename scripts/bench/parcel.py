"""Mails in one file: a line `recipient length` before each. Written once, read by the injector as it goes."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

_SIGNATURE: Final = re.compile(
    rb"^DKIM-Signature:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", re.IGNORECASE | re.MULTILINE
)
_TO: Final = re.compile(rb"^To:[^\r\n]*?<?([^\s<>]+@[^\s<>]+?)>?\r$", re.MULTILINE)


def write(path: Path, mails: Iterable[bytes]) -> int:
    """The mails without their signatures, which the other signer adds; returns their mean length."""
    number = total = 0
    with path.open("wb") as file:
        for mail in mails:
            head, separator, body = mail.partition(b"\r\n\r\n")
            plain = _SIGNATURE.sub(b"", head + b"\r\n") + separator.removeprefix(b"\r\n") + body
            found = _TO.search(head)
            if found is None:
                raise ValueError(f"no recipient in {head!r}")
            file.write(b"%s %d\n" % (found.group(1), len(plain)) + plain)
            number, total = number + 1, total + len(plain)
    return total // max(1, number)


def copy(source: Path, target: Path, count: int) -> None:
    """The first mails of a parcel as one of their own."""
    with target.open("wb") as file:
        for recipient, mail in islice(read(source), count):
            file.write(b"%s %d\n" % (recipient, len(mail)) + mail)


def read(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Recipient and mail, one after the other."""
    with path.open("rb") as file:
        while line := file.readline():
            recipient, _, size = line.rpartition(b" ")
            yield recipient, file.read(int(size))
