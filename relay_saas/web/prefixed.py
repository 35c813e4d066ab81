"""Ids as the API shows them: `con_` and 26 symbols that say nothing of the number behind them.

A row's number is one block of AES (FIPS 197) under the kind's own key: the ids of one tenant tell nothing of
how many rows others have, and what we never gave out is refused unread, because half of the block is zero.
docs/adr/0017-public-ids.md says why.
"""

import hashlib
import hmac
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from relay_saas.mail.ids import BadId, format_id, parse_id
from relay_saas.web.api_query import bad_parameter
from relay_saas.web.errors import NotFound
from relay_saas.web.strict_fields import AsSent

#: What each prefix stands for. `em` and `msg` are version-7 UUIDs of their own (relay_saas.mail.ids).
KINDS: Final = {
    "aud": "audit event",
    "cmp": "campaign",
    "con": "contact",
    "cred": "SMTP credential",
    "dom": "sending domain",
    "evt": "event",
    "fld": "field of contacts",
    "imp": "import",
    "inv": "invitation",
    "job": "job",
    "key": "API key",
    "lst": "list",
    "med": "picture",
    "mem": "member",
    "snd": "sender",
    "sup": "suppression",
    "tpl": "template",
    "whk": "webhook endpoint",
}
_MOST: Final = (1 << 63) - 1


def public_id(kind: str, number: int) -> str:
    """The id of row `number` as callers see it."""
    if not 0 < number <= _MOST:
        raise ValueError("a row's number is positive and fits into 63 bits")
    sealed = _cipher(kind).encryptor().update(number.to_bytes(16, "big"))
    return format_id(kind, UUID(bytes=sealed))


def number_of(kind: str, text: str) -> int:
    """The row's number; raises NotFound for everything that `public_id` cannot have made of this kind."""
    cipher = _cipher(kind)
    try:
        sealed = parse_id(kind, text)
    except BadId as error:
        raise NotFound from error
    number = int.from_bytes(cipher.decryptor().update(sealed.bytes), "big")
    if not 0 < number <= _MOST:
        raise NotFound
    return number


def number_or_zero(kind: str, text: str) -> int:
    """The row's number, and 0, which no row has, for a made-up id: it ends like one whose row is gone."""
    try:
        return number_of(kind, text)
    except NotFound:
        return 0


def read_id(query: QueryDict, name: str, kind: str) -> int | None:
    """The row's number that a parameter names, 0 for a made-up id, None where there is none.

    Raises BadParameter for what has not the shape of an id.
    """
    text = query.get(name)
    if text is None:
        return None
    try:
        parse_id(kind, text)
    except BadId as error:
        raise bad_parameter(name) from error
    return number_or_zero(kind, text)


@lru_cache(maxsize=len(KINDS))
def _cipher(kind: str) -> Cipher[ECB]:
    if kind not in KINDS:
        raise ValueError(f"no kind of id is called {kind}")
    key = hmac.digest(settings.RELAY_API_PEPPER, f"public-id:{kind}".encode(), hashlib.sha256)
    return Cipher(AES(key[:16]), ECB())  # noqa: S305  (one block that never repeats: this is the permutation)


class PublicId(AsSent, serializers.Field[int, str, str, Any]):
    """A prefixed id in a body or an answer; inside, the row's number.

    Whether the row is there is for the service to say: an unknown id and a foreign one are the same to it.
    """

    default_error_messages = {"invalid": _("This must be an id, a string.")}

    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        """Raises ValidationError for another type; a made-up id is the number of no row."""
        if not isinstance(data, str):
            self.fail("invalid")
        return number_or_zero(self.kind, data)

    def to_representation(self, value: Any) -> str:
        """The id; of a row or of its number."""
        return public_id(self.kind, value if isinstance(value, int) else value.pk)
