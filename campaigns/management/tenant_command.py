"""What the commands of an organization share: `--tenant`, who acts, and refusals as one line with a code."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core.management import CommandError, CommandParser

from accounts.audit import Actor
from accounts.selectors.tenants import tenant_by_slug
from relay_saas.web.errors import RelayError

ACTOR = Actor(name="command line")


def add_tenant(parser: CommandParser) -> None:
    """Adds `--tenant SLUG`."""
    parser.add_argument("--tenant", required=True, metavar="SLUG", help="the organization's slug")


@contextmanager
def tenant_of(slug: str) -> Iterator[UUID]:
    """The id of the organization; a refusal inside ends the command with exit code 1."""
    try:
        yield tenant_by_slug(slug)
    except RelayError as error:
        raise CommandError(f"{error} ({error.code})") from error
