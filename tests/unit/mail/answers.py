"""A DNS in a dictionary."""

from relay_saas.mail.dns import DnsTemporaryError

#: Stands for a server that fails.
FAILS = "FAILS"


class Answers:
    """`Answers({"news.test TXT": "v=spf1 -all", …})`; a list for several records; FAILS for no answer."""

    def __init__(self, zone: dict[str, str | list[str]]) -> None:
        self._zone = {
            key.lower(): [value] if isinstance(value, str) else value for key, value in zone.items()
        }
        self.asked: list[str] = []

    async def records(self, name: str, kind: str) -> tuple[str, ...]:
        """What stands in the dictionary."""
        key = f"{name} {kind}".lower()
        self.asked.append(key)
        found = self._zone.get(key, [])
        if found == [FAILS]:
            raise DnsTemporaryError(key)
        return tuple(found)
