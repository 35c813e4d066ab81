"""Carries plans out that are letters: reports of late bounces, complaints, answers of a machine."""

import asyncio
import email
from collections.abc import Mapping
from dataclasses import dataclass, field

from relay_saas.simulator.profiles.model import Provider
from relay_saas.simulator.recipients.away import out_of_office
from relay_saas.simulator.recipients.complaint import complaint, complaint_address
from relay_saas.simulator.recipients.dsn import bounce
from relay_saas.simulator.recipients.letter import Occasion
from relay_saas.simulator.recipients.post import Post
from relay_saas.simulator.recipients.reactions import Mail, Reactions

AT_ONCE = 4


@dataclass(slots=True, kw_only=True)
class Writers:
    """All who write back; so many connections at once and no more."""

    post: Post
    providers: Mapping[str, Provider]
    log: Reactions
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def react(self, mail: Mail, action: str) -> None:
        """Write one letter: "bounced", "complained" or "answered". Nobody answers the null sender."""
        if not mail.line["mail_from"]:
            return
        provider = self.providers[mail.line["provider"]]
        about = _occasion(mail)
        to, letter = _letter(action, about, provider)
        address = next(host.address for host in provider.mx if host.name == about.host)
        async with self._gate:
            status = await self.post.send(letter, to=to, host=about.host, address=address)
        self.log.write(mail, action, method="SMTP", url=f"mailto:{to}", agent="", status=status)


def _letter(action: str, about: Occasion, provider: Provider) -> tuple[str, bytes]:
    if action == "bounced":
        return about.mail_from, bounce(provider.late.shape, about, provider.late.reply)
    if action == "complained":
        return complaint_address(about), complaint(provider.people.complaint, about)
    return about.mail_from, out_of_office(about)


def _occasion(mail: Mail) -> Occasion:
    line = mail.line
    return Occasion(
        host=line["host"],
        client=line["client"],
        mail_from=line["mail_from"],
        rcpt=line["rcpt"],
        message_id=line["message_id"],
        taken=line["time"],
        head=email.message_from_bytes(mail.raw),
        raw=mail.raw,
    )
