"""`manage.py queue_hosts list` and `manage.py queue_hosts dead HOST --reason TEXT`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from delivery.exceptions import HostLives, UnknownHost
from delivery.selectors.hosts import hosts
from delivery.services.hosts import declare_dead


class Command(BaseCommand):
    """The machines that send: what is known of them, and an operator's word that one is gone."""

    help = "Lists the hosts that send, or declares one dead: what it held is then in doubt."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`list`, or `dead` with the host and the reason."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="name, runs, seconds since the last heartbeat, death")
        dead = verbs.add_parser("dead", help="the machine is gone for good or was cut off")
        dead.add_argument("host")
        dead.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """Prints a table, or what was declared."""
        if options["verb"] == "list":
            for host in hosts():
                silent = "-" if host.silent is None else f"{host.silent:.0f}"
                dead = (
                    f"dead since {host.dead_at:%Y-%m-%d %H:%M:%S}: {host.dead_reason}" if host.dead_at else ""
                )
                self.stdout.write(f"{host.name}\t{host.runs} runs\tsilent for {silent} s\t{dead}".rstrip())
            return
        try:
            runs = declare_dead(name=options["host"], reason=options["reason"], by="operator")
        except (HostLives, UnknownHost) as error:
            raise CommandError(f"{options['host']}: {error.message}") from error
        self.stdout.write(f"{options['host']} is dead: {runs} runs will be taken back by any other host")
