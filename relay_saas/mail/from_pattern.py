"""Which addresses somebody may write from: `billing@news.acme.test`, `shop-*@…`, `*@…` or a domain alone."""

import re
from collections.abc import Iterable

from relay_saas.mail.addresses import Address, BadAddress, parse_address
from relay_saas.mail.exceptions import MailError

#: Stands for any part of what stands before the @.
WILDCARD = "*"


class BadPattern(MailError):
    """Neither an address, nor one with a wildcard before the @, nor a domain."""

    reasons = {
        "domain_wildcard": "The wildcard * may stand before the @ only.",
        "bad_pattern": "This is neither an address, nor a domain, nor a pattern like *@news.example.com.",
    }


def parse_pattern(text: str) -> str:
    """The pattern in its one form, a domain alone as `*@domain`; raises BadPattern."""
    local, at, domain = text.strip().rpartition("@")
    if WILDCARD in domain:
        raise BadPattern("domain_wildcard")
    try:
        # A letter is the shortest thing that a wildcard may stand for.
        address = parse_address(f"{(local if at else WILDCARD).replace(WILDCARD, 'x')}@{domain}")
    except BadAddress as error:
        raise BadPattern("bad_pattern") from error
    if not at:
        return f"{WILDCARD}@{address.domain}"
    key = address.key.rpartition("@")[0] if WILDCARD not in local else local.lower()
    return f"{re.sub(r'[*]+', WILDCARD, key)}@{address.domain}"


def domain_of(pattern: str) -> str:
    """The domain of a pattern in its one form."""
    return pattern.rpartition("@")[2]


def permitted(address: Address, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns, each in its one form, takes the address in."""
    return any(_takes(pattern, address) for pattern in patterns)


def _takes(pattern: str, address: Address) -> bool:
    local, _, domain = pattern.rpartition("@")
    if domain != address.domain:
        return False
    pieces = [re.escape(piece) for piece in local.split(WILDCARD)]
    return re.fullmatch(".*".join(pieces), address.key.rpartition("@")[0], re.DOTALL) is not None
