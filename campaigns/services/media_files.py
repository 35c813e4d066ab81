"""Where pictures lie on disk, and what the web says of them: by number and digest, without the database."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from django.conf import settings

from accounts.models import SendingDomain
from accounts.models.stream import Stream
from accounts.services.dns_records import TRACKING_LABEL
from campaigns.models import Media

CONTENT_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
#: The content never changes; nothing of ours runs or is sent along, whatever the bytes may be taken for.
HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
_PATH: Final = re.compile(r"(?P<number>[0-9]{1,10})/(?P<digest>[0-9a-f]{64})\.(?P<kind>png|jpg|gif|webp)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One picture to answer with."""

    body: bytes
    content_type: str


def read_served(path: str) -> Served | None:
    """The picture at `<tenant number>/<digest>.<kind>`, or None."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    try:
        body = _file(int(match["number"]), match["digest"], match["kind"]).read_bytes()
    except FileNotFoundError:
        return None
    return Served(body=body, content_type=CONTENT_TYPES[match["kind"]])


def keep(number: int, media: Media, data: bytes) -> None:
    """Writes a picture so that nobody ever reads half of it."""
    path = _file(number, media.digest, media.kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{uuid4().hex}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def drop(number: int, media: Media) -> None:
    """Removes a picture."""
    _file(number, media.digest, media.kind).unlink(missing_ok=True)


def path_of(number: int, media: Media) -> str:
    """The path at which every host of ours serves it."""
    return f"/m/{number}/{media.digest}.{media.kind}"


def shown_here(html: str, number: int) -> str:
    """A mail for a page of the dashboard, which loads pictures from its own host alone: ours from here."""
    return re.sub(rf"https?://[^/\s\"'<>]+/m/{number}/", f"/m/{number}/", html)


def public_base(domains: list[SendingDomain]) -> str:
    """Scheme and host of picture addresses: below the domain that marketing mail leaves from, if any."""
    usable = [
        domain
        for domain in domains
        if domain.state == SendingDomain.State.VERIFIED and domain.stream in {None, Stream.MARKETING}
    ]
    if not usable:
        return str(settings.RELAY_BASE_URL)
    chosen = min(usable, key=lambda domain: (domain.stream != Stream.MARKETING, domain.pk))
    scheme, _, port = settings.RELAY_EDGE_SCHEME_PORT.partition("::")
    return f"{scheme}://{TRACKING_LABEL}.{chosen.name}{f':{port}' if port else ''}"


def _file(number: int, digest: str, kind: str) -> Path:
    return Path(settings.RELAY_DATA_DIR) / "media" / str(number) / digest[:2] / f"{digest}.{kind}"
