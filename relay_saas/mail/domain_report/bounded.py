"""A resolver that answers only so many questions: a stranger chooses what is asked."""

from typing import Final

from relay_saas.mail.dns import DnsTemporaryError
from relay_saas.mail.posture.asks import Asks

MOST_QUESTIONS: Final = 150


class BoundedAsks:
    """Asks each question once; beyond the limit nothing is known any more."""

    def __init__(self, asks: Asks, most: int = MOST_QUESTIONS) -> None:
        self._asks = asks
        self._left = most
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    async def records(self, name: str, kind: str) -> tuple[str, ...]:
        """As Asks; raises DnsTemporaryError beyond the limit, too."""
        key = (name.rstrip(".").lower(), kind)
        if key not in self._known:
            if self._left <= 0:
                raise DnsTemporaryError("too many questions")
            self._left -= 1
            self._known[key] = await self._asks.records(key[0], kind)
        return self._known[key]
