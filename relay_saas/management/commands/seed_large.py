"""`seed_large`: an organization with a million contacts and ten million messages, for the pages' speed."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from relay_saas.console.demo.large import Large, SeedRefused, seed


class Command(BaseCommand):
    """Refuses wherever mail could leave the machine, and sends nothing: no queue run may be about."""

    help = "Seeds an organization of any size. Only for installations that deliver to themselves."

    def add_arguments(self, parser: CommandParser) -> None:
        """Sizes and name."""
        usual = Large()
        parser.add_argument("--slug", default=usual.slug)
        parser.add_argument("--contacts", type=int, default=usual.contacts)
        parser.add_argument("--messages", type=int, default=usual.messages)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Seeds and says how far it is."""
        large = Large(slug=options["slug"], contacts=options["contacts"], messages=options["messages"])
        try:
            seed(large, self.stdout.write)
        except SeedRefused as error:
            raise CommandError(str(error)) from error
