"""`pause_campaign --tenant acme 12`: stops a sending campaign for now."""

from typing import Any

from django.core.management import BaseCommand, CommandParser

from campaigns.management.tenant_command import ACTOR, add_tenant, tenant_of
from campaigns.services.control import pause


class Command(BaseCommand):
    """Prints the state that the campaign is in afterwards."""

    help = "Stops a sending campaign for now."

    def add_arguments(self, parser: CommandParser) -> None:
        """The organization and the campaign's number."""
        add_tenant(parser)
        parser.add_argument("campaign", type=int)

    def handle(self, *_args: Any, **options: Any) -> None:
        """One service."""
        with tenant_of(options["tenant"]) as tenant_id:
            campaign = pause(tenant_id=tenant_id, campaign_id=options["campaign"], actor=ACTOR)
        self.stdout.write(campaign.state)
