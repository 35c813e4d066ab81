"""Carries plans out: pictures, links and one-click requests to the edge."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from relay_saas.simulator.chance import chance
from relay_saas.simulator.edge import ask
from relay_saas.simulator.recipients.reactions import Mail, Reactions
from relay_saas.simulator.recipients.reading import read

LOG = logging.getLogger(__name__)
AT_ONCE = 20
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Thunderbird/145.0",
)
IMAGE_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
SCANNER = "Mozilla/5.0 (compatible; BarracudaCentral; link scanner)"
#: All that Apple's Mail Privacy Protection says of itself.
PREFETCH = "Mozilla/5.0"
ONE_CLICK_BODY = b"List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
#: What asks the edge; the other actions are letters.
REQUESTS: Final = frozenset({"opened", "clicked", "unsubscribed", "scanned", "gated", "prefetched"})


@dataclass(slots=True, kw_only=True)
class People:
    """All recipients; so many requests at once and no more."""

    edge: tuple[str, int]
    log: Reactions
    seed: int
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def react(self, mail: Mail, action: str) -> None:
        """Do one thing that the plan says, one of REQUESTS."""
        reading, plan = read(mail.raw), mail.plan
        browser = BROWSERS[int(chance(self.seed, "browser", mail.recipient) * len(BROWSERS))]
        if action == "opened":
            await self._get(mail, action, reading.pictures, IMAGE_PROXY if plan.proxied else browser)
        elif action == "prefetched":
            await self._get(mail, action, reading.pictures, PREFETCH)
        elif action == "clicked" and reading.links:
            link = reading.links[int(plan.which_link * len(reading.links))]
            await self._get(mail, action, [link], browser)
        elif action == "unsubscribed" and reading.one_click:
            await self._ask(mail, action, "POST", reading.one_click, "", body=ONE_CLICK_BODY)
        elif action == "scanned":
            requests = (self._ask(mail, action, "GET", url, SCANNER) for url in reading.everything)
            await asyncio.gather(*requests)
        elif action == "gated":
            await asyncio.gather(*(self._try(mail, url, browser) for url in reading.everything))

    async def _get(self, mail: Mail, action: str, urls: Iterable[str], agent: str) -> None:
        for url in urls:
            await self._ask(mail, action, "GET", url, agent)

    async def _try(self, mail: Mail, url: str, browser: str) -> None:
        for method in ("HEAD", "GET"):
            await self._ask(mail, "gated", method, url, browser)

    async def _ask(
        self, mail: Mail, action: str, method: str, url: str, agent: str, *, body: bytes = b""
    ) -> None:
        headers = {"User-Agent": agent} if agent else {}
        if body:
            headers["Content-Type"] = FORM
        async with self._gate:
            try:
                status = (await ask(self.edge, method, url, headers=headers, body=body)).status
            except (OSError, TimeoutError, ValueError) as error:
                LOG.warning("the edge did not answer: %r", error)
                status = 0
        self.log.write(mail, action, method=method, url=url, agent=agent, status=status)
