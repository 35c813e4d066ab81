"""Seeded chance: the same seed and the same words always give the same number."""

from hashlib import blake2b


def chance(seed: int, *words: str) -> float:
    """A number in [0, 1) that follows from the seed and the words alone."""
    digest = blake2b("\0".join((str(seed), *words)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
