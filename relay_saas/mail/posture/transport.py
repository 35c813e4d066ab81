"""What a domain asks of those who deliver to it: MTA-STS (RFC 8461), TLS-RPT (RFC 8460); BIMI's record."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_MODES: Final = frozenset({"enforce", "testing", "none"})
#: RFC 8461 §3.2: a year.
_LONGEST_AGE: Final = 31_557_600
MOST_POLICY_OCTETS: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StsPolicy:
    """A policy file."""

    mode: str
    mx: tuple[str, ...]
    max_age: int

    def covers(self, host: str) -> bool:
        """Whether mail may go to this MX host; a wildcard stands for one label (RFC 8461 §4.1)."""
        name = host.rstrip(".").lower()
        return any(
            name == pattern or (pattern.startswith("*.") and name.partition(".")[2] == pattern[2:])
            for pattern in self.mx
        )


def tags_of(text: str) -> dict[str, str]:
    """`name=value; …` as a dictionary, the first of a name winning."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def the_one(texts: Sequence[str], version: str) -> dict[str, str] | None:
    """The tags of the record of this version; None where there is none, or several."""
    found = [tags for tags in map(tags_of, texts) if tags.get("v") == version]
    return found[0] if len(found) == 1 else None


def sts_id(texts: Sequence[str]) -> str:
    """The id of the MTA-STS record at `_mta-sts.`; "" where there is no valid one."""
    tags = the_one(texts, "STSv1")
    found = tags.get("id", "") if tags is not None else ""
    return found if _ID.fullmatch(found) else ""


def sts_policy(text: str) -> StsPolicy | None:
    """The policy file (RFC 8461 §3.2); None where it says nothing valid."""
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), []).append(value.strip().lower())
    mode, age = fields.get("mode", [""])[0], fields.get("max_age", [""])[0]
    mx = tuple(name.rstrip(".") for name in fields.get("mx", ()))
    valid = fields.get("version", [""])[0] == "stsv1" and mode in _MODES and age.isdecimal()
    if not valid or int(age) > _LONGEST_AGE or (mode != "none" and not mx):
        return None
    return StsPolicy(mode=mode, mx=mx, max_age=int(age))


def tls_reports(texts: Sequence[str]) -> tuple[str, ...]:
    """Where reports about encryption go (`_smtp._tls.`); () where there is no valid record."""
    tags = the_one(texts, "TLSRPTv1")
    uris = tags.get("rua", "").split(",") if tags is not None else []
    return tuple(uri.strip() for uri in uris if uri.strip().startswith(("mailto:", "https:")))


def bimi_logo(texts: Sequence[str]) -> tuple[str, str] | None:
    """Address of the logo and of its certificate (`default._bimi.`); None where there is no valid record."""
    tags = the_one(texts, "BIMI1")
    if tags is None:
        return None
    logo, proof = tags.get("l", ""), tags.get("a", "")
    return (logo, proof) if logo.startswith("https://") else None
