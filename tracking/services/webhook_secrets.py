"""Secrets of webhooks, sealed to the row that they belong to."""

from enum import StrEnum
from uuid import UUID

from relay_saas.vault import seal, unseal


class Part(StrEnum):
    """Which of a row's secrets."""

    SIGNING = "signing"
    USERINFO = "userinfo"


def aad(tenant_id: UUID, endpoint_id: int, part: Part) -> bytes:
    """What the seal is bound to."""
    return f"webhook:{tenant_id}:{endpoint_id}:{part}".encode()


def seal_part(plain: str, *, tenant_id: UUID, endpoint_id: int, part: Part) -> bytes:
    """The sealed text."""
    return seal(plain.encode(), aad(tenant_id, endpoint_id, part))


def open_part(sealed: bytes, *, tenant_id: UUID, endpoint_id: int, part: Part) -> str:
    """The text again; raises SealBroken."""
    return unseal(bytes(sealed), aad(tenant_id, endpoint_id, part)).decode()
