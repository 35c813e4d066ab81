"""The addresses that we take mail for: those that we signed, and the roles of our own names, no others."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.tenancy import SYSTEM_TENANT_ID
from relay_saas.mail.tokens import LENGTH, BadToken, Purpose, Token, TokenKeys, decode

_PURPOSES: Final = (Purpose.RETURN_PATH, Purpose.MAILTO)
#: RFC 2142, and where complaint loops write to.
REPORTS: Final = "dmarc"
ROLES: Final = frozenset({"postmaster", "abuse", "fbl"})
_TOKEN_LIKE: Final = re.compile(rf"[bcmotu][a-z2-7]{{{LENGTH - 1}}}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An address of ours: whose it is, and the token that it is; a role has none."""

    tenant_id: UUID
    token: Token | None = None
    #: Where receivers send their reports: whose it is stands in the report.
    reports: bool = False


def token_keys() -> TokenKeys:
    """The installation's keys; the first one in the settings signs."""
    keys = settings.RELAY_TOKEN_KEYS
    return TokenKeys(keys, next(iter(keys)))


def find_destination(address: str, keys: TokenKeys) -> Destination | None:
    """Whose address it is; None where it is nobody's."""
    token = token_of(address, keys)
    if token is not None:
        tenant_id = tenant_of(token)
        return None if tenant_id is None else Destination(tenant_id=tenant_id, token=token)
    local, _, host = address.lower().rpartition("@")
    if not local and host == "postmaster":
        # RFC 5321 §4.5.1: postmaster without a domain is the server's own.
        return Destination(tenant_id=SYSTEM_TENANT_ID)
    if local not in ROLES and local != REPORTS:
        return None
    host = host.rstrip(".")
    if host in {settings.RELAY_ZONE, f"inbound.{settings.RELAY_ZONE}"}:
        return Destination(tenant_id=SYSTEM_TENANT_ID, reports=local == REPORTS)
    tenant_id = tenant_of_host(host) if local in ROLES else None
    return None if tenant_id is None else Destination(tenant_id=tenant_id)


def looks_forged(address: str) -> bool:
    """Whether an address that is nobody's has the shape of our tokens."""
    return _TOKEN_LIKE.fullmatch(address.rpartition("@")[0]) is not None


def token_of(address: str, keys: TokenKeys) -> Token | None:
    """What the address's local part says, if it was signed for its domain; None for every other address."""
    local, _, domain = address.rpartition("@")
    return _decoded(local, domain, _PURPOSES, keys)


def first_token(candidates: Iterable[tuple[str, str]], keys: TokenKeys) -> Token | None:
    """The first of these texts that we signed for its host, for whatever purpose."""
    found = (_decoded(text, host, tuple(Purpose), keys) for text, host in candidates)
    return next((token for token in found if token is not None), None)


def tenant_of(token: Token) -> UUID | None:
    """The tenant that a verified token names."""
    return _ask("select resolve_tenant_number(%s)", token.tenant)


def tenant_of_host(host: str) -> UUID | None:
    """Whose verified sending domain a host name is, or belongs to."""
    return _ask("select resolve_mail_host(%s)", host)


def _decoded(text: str, host: str, purposes: Iterable[Purpose], keys: TokenKeys) -> Token | None:
    for purpose in purposes:
        try:
            return decode(text, purpose, host, keys)
        except BadToken:
            continue
    return None


def _ask(question: str, value: str | int) -> UUID | None:
    with connection.cursor() as cursor:
        cursor.execute(question, [value])
        row = cursor.fetchone()
    return row[0] if row else None
