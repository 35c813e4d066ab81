"""`manage.py listen`: events of an organization, forwarded to a server on a developer's own machine."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from relay_saas.net.signature import new_secret
from tracking.management.listening import EventSource, NotListening, follow


class Command(BaseCommand):
    """Needs nothing but the API: no database, no broker."""

    help = "Forwards events to a server on this machine, signed as a webhook."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Says what it takes."""
        parser.add_argument("--key", required=True, help="an API key with the scope events.read")
        parser.add_argument("--forward", required=True, metavar="URL", help="http://localhost:3000/hook")
        parser.add_argument("--url", default=settings.RELAY_BASE_URL, help="where the relay's API is")
        parser.add_argument("--types", default="", help="types of events, separated by commas; all of them")
        parser.add_argument("--secret", default="", help="whsec_…; one is made if it is not given")

    def handle(self, *_: Any, **options: Any) -> None:
        """Until it is interrupted."""
        secret = options["secret"] or new_secret()
        filters = {"type": options["types"]} if options["types"] else {}
        self.stdout.write(f"Signed with {secret}")
        self.stdout.write(f"Events from now on go to {options['forward']}. Ctrl-C ends it.")
        try:
            source = EventSource(options["url"], options["key"], filters)
            for one in follow(source, forward=options["forward"], secret=secret):
                said = one.status if one.status is not None else one.problem
                self.stdout.write(f"{one.event['type']} {one.event['id']} -> {said}")
        except (NotListening, ValueError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stdout.write("")
