"""Which request ids from outside are taken."""

from __future__ import annotations

import uuid

import pytest

from relay_saas.web.request_id import accepted_or_new

NEW = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")


@pytest.mark.parametrize("given", ["abcdefgh", "A-b_9" * 4, "f" * 64])
def test_a_well_formed_id_is_taken(given: str) -> None:
    assert accepted_or_new(given, new=NEW) == given


@pytest.mark.parametrize(
    "given", ["", "short", "f" * 65, "has space", "<script>x", "line\nbreak1", "日本語日本語日本語"]
)
def test_anything_else_is_replaced(given: str) -> None:
    assert accepted_or_new(given, new=NEW) == NEW.hex
