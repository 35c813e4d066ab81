"""Seals a secret to the row that it belongs to (AES-256-GCM, NIST SP 800-38D; 96-bit random nonces)."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from relay_saas.web.errors import RelayError

NONCE = 12


class SealBroken(RelayError):
    """The sealed bytes were changed, moved to another row, or their master key is gone."""

    code = "seal_broken"
    status = 500


def seal(plain: bytes, aad: bytes) -> bytes:
    """`key id (1 byte) + nonce (12) + ciphertext and tag`; `aad` names tenant and row, so a copy
    elsewhere is useless."""
    key_id, key = next(iter(settings.RELAY_MASTER_KEYS.items()))
    nonce = os.urandom(NONCE)
    return bytes([key_id]) + nonce + AESGCM(key).encrypt(nonce, plain, aad)


def unseal(sealed: bytes, aad: bytes) -> bytes:
    """The plain bytes; raises SealBroken."""
    key = settings.RELAY_MASTER_KEYS.get(sealed[0]) if sealed else None
    if key is None:
        raise SealBroken
    nonce, body = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, body, aad)
    except InvalidTag as error:
        raise SealBroken from error
