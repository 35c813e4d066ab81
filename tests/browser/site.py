"""Everything that a visit needs: the world, the addresses of the servers, the browser."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from playwright.sync_api import Browser, BrowserContext

from accounts.models import User
from relay_saas.embedded.ports import LOCAL
from relay_saas.mail.ids import format_id
from relay_saas.mail.tokens import Purpose, Token, encode
from tests.browser.team import TOKEN
from tests.browser.world import World, sign_in
from tests.integration.edge_client import keys
from tests.integration.organizations import Organization

SCREENS = Path(__file__).resolve().parent.parent.parent / "var" / "screens"
LOCALES = {"ja": "ja-JP", "en": "en-GB"}
HEIGHTS = {390: 844, 1366: 860}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How somebody looks at a page."""

    language: str = "en"
    width: int = 1366
    scheme: str = "light"

    def __str__(self) -> str:
        dark = "-dark" if self.scheme == "dark" else ""
        return f"{self.language}-{self.width}{dark}"

    @classmethod
    def of_the_tests(cls, *, once: bool = False) -> list[Self]:
        """Japanese on a phone, then (unless `once`) English on a desk; with SCREENS=all every look."""
        if os.environ.get("SCREENS") == "all":
            return [
                cls(language=language, width=width, scheme=scheme)
                for language in LOCALES
                for width in HEIGHTS
                for scheme in ("light", "dark")
            ]
        looks = [cls(language="ja", width=390), cls(language="en", width=1366)]
        return looks[:1] if once else looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The running product."""

    browser: Browser
    world: World
    web_port: int
    edge_port: int
    mailboxes_port: int

    @property
    def web(self) -> str:
        """The dashboard's origin."""
        return f"http://{LOCAL}:{self.web_port}"

    @property
    def mailboxes(self) -> str:
        """The mailboxes' origin."""
        return f"http://{LOCAL}:{self.mailboxes_port}"

    def page_of(self, key: str) -> str:
        """A campaign's page."""
        return self.campaign(self.world.campaigns[key])

    def campaign(self, campaign_id: int, *more: str) -> str:
        """A campaign's page, or one below it."""
        return self.at(f"campaigns/{campaign_id}/{''.join(more)}")

    def at(self, path: str = "") -> str:
        """A page of the busy organization."""
        return f"{self.web}/o/{self.world.tenant.slug}/{path}"

    @property
    def invitation(self) -> str:
        """The link of an invitation to the busy organization."""
        return f"{self.web}/accounts/invitation/{TOKEN}-{self.world.tenant.slug}/"

    def ops(self, path: str = "") -> str:
        """A page of the operators."""
        return f"{self.web}/ops/{path}"

    @property
    def word(self) -> str:
        """`msg_…` of a message that waits."""
        return format_id("msg", self.world.message)

    def unsubscribe(self, who: Organization | None = None) -> str:
        """A recipient's link to the edge."""
        return unsubscribe_link(who or self.world.recipient, self.edge_port)

    def open(self, look: Look, user: User | None = None) -> BrowserContext:
        """A browser of its own, signed in as `user`."""
        context = self.browser.new_context(
            viewport={"width": look.width, "height": HEIGHTS[look.width]},
            locale=LOCALES[look.language],
            color_scheme="dark" if look.scheme == "dark" else "light",
            reduced_motion="reduce",
            timezone_id="America/New_York",
        )
        context.set_default_timeout(10_000)
        if user is not None:
            cookie = sign_in(user)
            context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": self.web}])
        return context


def unsubscribe_link(who: Organization, edge_port: int) -> str:
    """The unsubscribe link in the mail to that organization's reader."""
    token = Token(purpose=Purpose.UNSUBSCRIBE, tenant=who.tenant.number, message=who.message_id, extra=0)
    return f"http://{who.host}:{edge_port}/u/{encode(token, who.host, keys())}"
