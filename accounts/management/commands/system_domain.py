"""`system_domain post.relay.example`: the domain of the installation's own mail; says what DNS must hold."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.audit import Actor
from accounts.services.domains import add_domain, verify_domain
from accounts.tenancy import SYSTEM_TENANT_ID
from relay_saas.web.errors import RelayError

ACTOR = Actor(name="command line")


class Command(BaseCommand):
    """May be called again until every record stands."""

    help = (
        "Adds and checks the domain that invitations, resets and notices are sent from (RELAY_SYSTEM_FROM)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The name."""
        parser.add_argument("name")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Adds it where it is new, then asks DNS."""
        try:
            domain = add_domain(tenant_id=SYSTEM_TENANT_ID, name=options["name"], actor=ACTOR)
            domain = verify_domain(tenant_id=SYSTEM_TENANT_ID, domain_id=domain.pk, actor=ACTOR)
        except RelayError as error:
            raise CommandError(f"{error} ({error.code})") from error
        for record in domain.records:
            mark = "ok     " if record["ok"] else "missing"
            self.stdout.write(f"{mark} {record['type']:5} {record['name']}  {record['value']}")
        self.stdout.write(f"{domain.name}: {domain.state}")
