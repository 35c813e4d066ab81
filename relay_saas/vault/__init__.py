"""Secrets at rest: AES-256-GCM under master keys that live outside the database."""

from relay_saas.vault.box import SealBroken, seal, unseal

__all__ = ["SealBroken", "seal", "unseal"]
