"""Identifiers: the derived id equals the launch's SQL, and public ids are never interchangeable."""

import pickle
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_saas.mail.ids import BadId, format_id, message_uuid, parse_id, uuid7

UUIDS = st.uuids()


def test_a_derived_id_equals_the_vector_worked_out_by_hand_from_the_sql() -> None:
    # ms 1764000000000 = 0x19ab697e800; campaign 5000 & 4095 = 904 = 0x388
    # contact 1234567 = 0x12d687, salt 0x0123456789abcdef: xor = 0x0123456789b91b68, below 2^62; top bits 10
    assert message_uuid(1764000000000, 5000, 1234567, 0x0123456789ABCDEF) == UUID(
        "019ab697-e800-7388-8123-456789b91b68"
    )


def test_a_negative_salt_counts_in_two_s_complement_as_in_the_sql() -> None:
    # contact 1 xor -1 = -2; its low 62 bits are 3ffffffffffffffe; with the variant bfff…fe
    assert message_uuid(0, 0, 1, -1) == UUID("00000000-0000-7000-bfff-fffffffffffe")


@given(st.integers(1, 2**62 - 1), st.integers(1, 2**62 - 1), st.integers(-(2**63), 2**63 - 1))
def test_two_contacts_of_one_launch_never_share_an_id(first: int, second: int, salt: int) -> None:
    ids = {message_uuid(1764000000000, 7, contact, salt) for contact in (first, second)}
    assert len(ids) == len({first, second})


@given(
    st.integers(0, 2**48 - 1), st.integers(0, 2**63 - 1), st.integers(0, 2**62 - 1), st.integers(0, 2**63 - 1)
)
def test_a_derived_id_is_a_version_7_uuid_that_carries_the_launch_time(
    ms: int, campaign: int, contact: int, salt: int
) -> None:
    derived = message_uuid(ms, campaign, contact, salt)
    assert (derived.version, derived.variant, derived.int >> 80) == (7, "specified in RFC 4122", ms)


def test_uuid7_gives_the_vector_of_rfc_9562_appendix_a_6() -> None:
    # unix_ts_ms 017F22E279B0, rand_a CC3, rand_b 18C4DC0C0C07398F
    random = (0xCC3 << 68 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert uuid7(0x017F22E279B0, random) == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")


@pytest.mark.parametrize(
    ("ms", "random"), [(-1, bytes(10)), (1 << 48, bytes(10)), (0, bytes(9)), (0, bytes(11))]
)
def test_uuid7_refuses_what_does_not_fit(ms: int, random: bytes) -> None:
    with pytest.raises(ValueError, match="48 bits"):
        uuid7(ms, random)


def test_a_launch_time_beyond_48_bits_is_refused_and_not_cut_as_lpad_would() -> None:
    with pytest.raises(ValueError, match="48 bits"):
        message_uuid(1 << 48, 1, 1, 1)


@given(UUIDS)
def test_a_public_id_is_26_symbols_and_comes_back(value: UUID) -> None:
    text = format_id("em", value)
    assert len(text) == 29
    assert parse_id("em", text) == value


def test_public_ids_sort_like_their_uuids() -> None:
    early, late = uuid7(1, bytes(10)), uuid7(2, bytes(10))
    assert format_id("em", early) < format_id("em", late)


def test_an_id_of_another_kind_is_refused() -> None:
    with pytest.raises(BadId) as caught:
        parse_id("msg", format_id("em", UUID(int=1)))
    assert caught.value.code == "wrong_kind"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "em",
        "em_",
        "00000000000000000000000001",
        "em_0000000000000000000000001",
        "em_000000000000000000000000001",
        "em_80000000000000000000000000",
        "em_0000000000000000000000000u",
        "em_0000000000000000000000000O",
        "em_0000000000000000000000000A",
        "em_0000000000000000000000000\n",
        "em_00000000000000000000000001\n",
        "em_0000000000000000000000000１",
    ],
)
def test_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(BadId) as caught:
        parse_id("em", text)
    assert caught.value.code == "bad_id"


def test_a_prefix_of_symbols_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="lower-case"):
        format_id("e_m", UUID(int=1))


def test_an_error_survives_the_way_between_processes() -> None:
    copy = pickle.loads(pickle.dumps(BadId("wrong_kind")))
    assert (copy.code, str(copy)) == ("wrong_kind", "This is an id of another kind.")
