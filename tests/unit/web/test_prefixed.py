"""Prefixed ids: what they look like, what they hide, what they refuse."""

from __future__ import annotations

from uuid import UUID

import pytest
from rest_framework.serializers import ValidationError

from relay_saas.mail.ids import format_id
from relay_saas.web.errors import NotFound
from relay_saas.web.prefixed import KINDS, PublicId, number_of, public_id

LARGEST = (1 << 63) - 1


@pytest.mark.parametrize("number", [1, 2, 1_000_000, LARGEST])
@pytest.mark.parametrize("kind", KINDS)
def test_an_id_leads_back_to_its_row_and_to_no_other_kind(kind: str, number: int) -> None:
    text = public_id(kind, number)
    assert number_of(kind, text) == number
    other = "con" if kind != "con" else "lst"
    with pytest.raises(NotFound):
        number_of(other, text)
    with pytest.raises(NotFound):
        number_of(other, f"{other}_{text.partition('_')[2]}")


def test_neighbours_share_nothing_but_the_prefix() -> None:
    bodies = [public_id("con", number).removeprefix("con_") for number in range(1, 2001)]
    assert len(set(bodies)) == 2000
    assert bodies != sorted(bodies)
    # Were half of the block told, twelve symbols would be the same in all of them.
    assert all(len({body[place] for body in bodies}) > 6 for place in range(26))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "con_",
        "1",
        "con_1",
        "con_" + "0" * 26,
        "CON_" + "0" * 26,
        "con_" + "z" * 26,
        "con_\0",
        "con_" + "0" * 9999,
    ],
)
def test_what_was_never_given_out_is_refused(text: str) -> None:
    with pytest.raises(NotFound):
        number_of("con", text)


def test_a_guess_is_refused_without_a_look_into_any_table() -> None:
    for guess in range(2000):
        with pytest.raises(NotFound):
            number_of("con", format_id("con", UUID(int=guess * 7919)))


@pytest.mark.parametrize("number", [0, -1, LARGEST + 1])
def test_only_numbers_of_rows_have_ids(number: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        public_id("con", number)


@pytest.mark.parametrize("value", [1, True, None, [], {}, 1.0])
def test_a_body_names_a_thing_by_a_string_alone(value: object) -> None:
    with pytest.raises(ValidationError):
        PublicId("lst").to_internal_value(value)


@pytest.mark.parametrize("text", ["", "lst_1", "con_" + "0" * 26, "lst_" + "0" * 26])
def test_a_made_up_id_in_a_body_is_the_number_of_no_row(text: str) -> None:
    assert PublicId("lst").to_internal_value(text) == 0
