"""Carries plans out: pictures, links and one-click requests to the edge, each written to reactions.log."""

import asyncio
import json
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path

from relay_saas.simulator.chance import chance
from relay_saas.simulator.edge import ask
from relay_saas.simulator.recipients.plan import Plan
from relay_saas.simulator.recipients.reading import Reading

LOG = logging.getLogger(__name__)
AT_ONCE = 20
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Thunderbird/145.0",
)
IMAGE_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
SCANNER = "Mozilla/5.0 (compatible; BarracudaCentral; link scanner)"
ONE_CLICK_BODY = b"List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message in a recipient's hands."""

    recipient: str
    provider: str
    message_id: str
    reading: Reading
    plan: Plan


@dataclass(slots=True, kw_only=True)
class People:
    """All recipients; so many requests at once and no more."""

    edge: tuple[str, int]
    log: Path
    seed: int
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def react(self, mail: Mail, action: str) -> None:
        """Do one thing that the plan says: opened, clicked, unsubscribed or scanned."""
        reading, plan = mail.reading, mail.plan
        browser = BROWSERS[int(chance(self.seed, "browser", mail.recipient) * len(BROWSERS))]
        if action == "opened":
            agent = IMAGE_PROXY if plan.proxied else browser
            for url in reading.pictures:
                await self._ask(mail, action, "GET", url, agent)
        elif action == "clicked" and reading.links:
            await self._ask(
                mail, action, "GET", reading.links[int(plan.which_link * len(reading.links))], browser
            )
        elif action == "unsubscribed" and reading.one_click:
            await self._ask(mail, action, "POST", reading.one_click, "", body=ONE_CLICK_BODY)
        elif action == "scanned":
            await asyncio.gather(
                *(self._ask(mail, action, "GET", url, SCANNER) for url in reading.everything)
            )

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
        line = {
            "time": time.time(),
            "action": action,
            "provider": mail.provider,
            "rcpt": mail.recipient,
            "message_id": mail.message_id,
            "method": method,
            "url": url,
            "user_agent": agent,
            "status": status,
        }
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
