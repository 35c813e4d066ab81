"""Secrets at rest: bound to their row, readable after a rotation, broken by a single bit."""

import pytest
from pytest_django.fixtures import Settings

from relay_saas.vault import SealBroken, seal, unseal

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture(autouse=True)
def _keys(settings: Settings) -> None:
    settings.RELAY_MASTER_KEYS = {1: OLD}


def test_a_sealed_secret_opens_for_its_own_row_only() -> None:
    sealed = seal(b"secret", b"dkim:acme")
    assert unseal(sealed, b"dkim:acme") == b"secret"
    with pytest.raises(SealBroken):
        unseal(sealed, b"dkim:globex")


def test_sealing_twice_gives_different_bytes() -> None:
    assert seal(b"secret", b"a") != seal(b"secret", b"a")


def test_every_flipped_bit_breaks_the_seal() -> None:
    sealed = seal(b"secret", b"a")
    for position in range(len(sealed)):
        flipped = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(SealBroken):
            unseal(flipped, b"a")
    with pytest.raises(SealBroken):
        unseal(b"", b"a")


def test_after_a_rotation_old_seals_open_and_new_ones_use_the_new_key(settings: Settings) -> None:
    old = seal(b"secret", b"a")
    settings.RELAY_MASTER_KEYS = {2: NEW, 1: OLD}
    assert unseal(old, b"a") == b"secret"
    new = seal(b"secret", b"a")
    settings.RELAY_MASTER_KEYS = {2: NEW}
    assert unseal(new, b"a") == b"secret"
    with pytest.raises(SealBroken):
        unseal(old, b"a")
