"""`explain msg_…`: what became of a message, why, and what comes next."""

import json
from typing import Any, Final
from uuid import UUID

from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.selectors.tenants import tenant_by_slug
from delivery.selectors.story import newest_to, tenants_of_message
from relay_saas.mail.exceptions import MailError
from relay_saas.mail.ids import parse_id
from relay_saas.web.errors import RelayError
from tracking.selectors.explain_document import explain_document
from tracking.selectors.explain_text import explain_lines

_UNREADABLE: Final = 2


class Command(BaseCommand):
    """Exit code 0: told; 1: there is no such message; 2: the question cannot be read."""

    help = "Tells the whole story of a message from the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        """A message, or an address of an organization."""
        parser.add_argument("message", nargs="?", help="msg_… or the UUID")
        parser.add_argument("--rcpt", metavar="ADDRESS", help="the newest message to this address")
        parser.add_argument("--tenant", metavar="SLUG", help="the organization; needed with --rcpt")
        parser.add_argument("--last", type=int, default=1, metavar="N", help="with --rcpt: the newest N")
        parser.add_argument("--json", action="store_true", help="a JSON document a line")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Find, then tell each."""
        try:
            found = self._find(options)
            told = [explain_document(tenant_id, message_id) for tenant_id, message_id in found]
        except MailError as error:
            raise CommandError(str(error), returncode=_UNREADABLE) from error
        except RelayError as error:
            raise CommandError(f"{error} ({error.code})") from error
        if not told:
            raise CommandError("there is no such message")
        for one in told:
            lines = [json.dumps(one, ensure_ascii=False)] if options["json"] else explain_lines(one)
            for line in lines:
                self.stdout.write(line)

    def _find(self, options: dict[str, Any]) -> list[tuple[UUID, UUID]]:
        """Tenant and message of what is asked for."""
        slug, address, message = options["tenant"], options["rcpt"], options["message"]
        if bool(address) == bool(message) or (address and not slug):
            raise CommandError("name a message, or --rcpt with --tenant", returncode=_UNREADABLE)
        if address:
            tenant_id = tenant_by_slug(slug)
            ids = newest_to(tenant_id=tenant_id, address=address, most=max(1, options["last"]))
            return [(tenant_id, one) for one in ids]
        message_id = _message_id(message)
        owners = [tenant_by_slug(slug)] if slug else tenants_of_message(message_id)
        return [(tenant_id, message_id) for tenant_id in owners]


def _message_id(text: str) -> UUID:
    """Raises BadId for what is neither."""
    try:
        return UUID(text)
    except ValueError:
        return parse_id("msg", text)
