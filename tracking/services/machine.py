"""Tells machines from people: each rule names its reason, and both numbers are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Programs that fetch a mail's images for a person who has it open: they count as people.
PROXIES_FOR_PEOPLE = ("GoogleImageProxy", "YahooMailProxy")
#: Parts of the names by which scanners and libraries introduce themselves.
SCANNERS = (
    "bot", "crawl", "spider", "scan", "barracuda", "proofpoint", "mimecast", "symantec", "trendmicro",
    "fortinet",
    "python", "curl", "wget", "httpx", "aiohttp", "go-http-client", "java/", "libwww", "headless", "preview",
)  # fmt: skip
BURST_LINKS = 3
BURST_WINDOW = timedelta(seconds=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request for a pixel or a link, as the edge saw it."""

    user_agent: str
    at: datetime
    #: None for the pixel.
    link_index: int | None


def machine_reason(visit: Visit, near: Sequence[Visit]) -> str:
    """Why no person did this, or an empty string; `near` are the visits to the same message around that time.

    Sources: Apple Mail Privacy Protection sends exactly `Mozilla/5.0`; link scanners fetch every link at
    once.
    """
    agent = visit.user_agent
    if any(proxy in agent for proxy in PROXIES_FOR_PEOPLE):
        return ""
    if agent == "Mozilla/5.0":
        return "apple_mpp"
    if not agent.startswith("Mozilla/"):
        return "not_a_mail_client"
    lowered = agent.lower()
    if any(name in lowered for name in SCANNERS):
        return "scanner"
    links = {other.link_index for other in near if abs(other.at - visit.at) <= BURST_WINDOW} - {None}
    if len(links) >= BURST_LINKS:
        return "many_links_at_once"
    return ""
