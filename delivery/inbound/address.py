"""The addresses that we take mail for: return paths and unsubscribe addresses that we signed, no others."""

from uuid import UUID

from django.conf import settings
from django.db import connection

from relay_saas.mail.tokens import BadToken, Purpose, Token, TokenKeys, decode

_PURPOSES = (Purpose.RETURN_PATH, Purpose.MAILTO)


def token_keys() -> TokenKeys:
    """The installation's keys; the first one in the settings signs."""
    keys = settings.RELAY_TOKEN_KEYS
    return TokenKeys(keys, next(iter(keys)))


def token_of(address: str, keys: TokenKeys) -> Token | None:
    """What the address's local part says, if it was signed for its domain; None for every other address."""
    local, _, domain = address.rpartition("@")
    for purpose in _PURPOSES:
        try:
            return decode(local, purpose, domain, keys)
        except BadToken:
            continue
    return None


def tenant_of(token: Token) -> UUID | None:
    """The tenant that a verified token names."""
    with connection.cursor() as cursor:
        cursor.execute("select resolve_tenant_number(%s)", [token.tenant])
        row = cursor.fetchone()
    return row[0] if row else None
