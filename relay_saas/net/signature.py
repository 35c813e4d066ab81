"""Signatures of Standard Webhooks (v1): HMAC-SHA-256 over id, time and body."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
_OCTETS: Final = 32


def new_secret() -> str:
    """`whsec_…`: 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_OCTETS)).decode()


def key_of(secret: str) -> bytes:
    """The key in a secret; raises ValueError for what is none."""
    if not secret.startswith(PREFIX):
        raise ValueError("a webhook secret begins with whsec_")
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base64") from error


def signature(keys: Sequence[bytes], *, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature: one `v1,…` for each key, so that a receiver may know either."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(key, signed, hashlib.sha256) for key in keys)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def signed_headers(
    keys: Sequence[bytes], *, webhook_id: str, timestamp: int, body: bytes
) -> list[tuple[str, str]]:
    """The three headers of a call."""
    return [
        ("webhook-id", webhook_id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", signature(keys, webhook_id=webhook_id, timestamp=timestamp, body=body)),
    ]
