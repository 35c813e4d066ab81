"""`test_send --tenant acme 12 me@acme.test`: sends a draft to one address."""

from typing import Any

from django.core.management import BaseCommand, CommandParser

from campaigns.management.tenant_command import ACTOR, add_tenant, tenant_of
from delivery.services.test_send import test_send
from relay_saas.mail.ids import format_id


class Command(BaseCommand):
    """Prints the submission's id, and whether the address is suppressed."""

    help = "Sends a campaign's draft to one address, as one of its recipients would get it."

    def add_arguments(self, parser: CommandParser) -> None:
        """The organization, the campaign's number and the address."""
        add_tenant(parser)
        parser.add_argument("campaign", type=int)
        parser.add_argument("address")
        parser.add_argument("--contact", type=int, help="show it for this contact, not for the list's first")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One service."""
        with tenant_of(options["tenant"]) as tenant_id:
            accepted = test_send(
                tenant_id=tenant_id,
                campaign_id=options["campaign"],
                address=options["address"],
                contact_id=options["contact"],
                actor=ACTOR,
            )
        status = "suppressed" if accepted.messages[0].suppressed else "queued"
        self.stdout.write(f"{format_id('em', accepted.submission.pk)} {status}")
