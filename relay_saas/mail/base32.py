"""Lower-case base 32 (RFC 4648 §6) of many octets at once: the bits of all groups move apart together."""

from functools import lru_cache

_SYMBOLS = b"abcdefghijklmnopqrstuvwxyz234567"
_TABLE = _SYMBOLS + bytes(256 - len(_SYMBOLS))
#: in each lane of 8 octets: which bits stay, which move, and by how many places
_STEPS = (
    (0x0000_0000_000F_FFFF, 0x0000_00FF_FFF0_0000, 12),
    (0x0000_03FF_0000_03FF, 0x000F_FC00_000F_FC00, 6),
    (0x001F_001F_001F_001F, 0x03E0_03E0_03E0_03E0, 3),
)


def base32(data: bytes) -> str:
    """`data`, a multiple of 5 octets, without padding: 8 symbols for every 5 octets."""
    lanes = len(data) // 5
    spread = bytearray(8 * lanes)
    for octet in range(5):
        spread[3 + octet :: 8] = data[octet::5]
    bits = int.from_bytes(spread, "big")
    # 40 bits become two groups of 20, four of 10, eight of 5
    for stay, move, places in _masks(lanes):
        bits = bits & stay | (bits & move) << places
    return bits.to_bytes(8 * lanes, "big").translate(_TABLE).decode("ascii")


@lru_cache(maxsize=256)
def _masks(lanes: int) -> tuple[tuple[int, int, int], ...]:
    def repeated(mask: int) -> int:
        return int.from_bytes(mask.to_bytes(8, "big") * lanes, "big")

    return tuple((repeated(stay), repeated(move), places) for stay, move, places in _STEPS)
