"""`operator ada@relay.example`: opens the operators' pages to a person, `--remove` closes them."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.audit import Actor
from accounts.exceptions import NoSuchPerson
from accounts.services.operators import set_operator


class Command(BaseCommand):
    """The person must be able to sign in already."""

    help = "Opens the operators' pages (/ops/) to a person, or closes them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who."""
        parser.add_argument("email")
        parser.add_argument("--remove", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One service."""
        operates = not options["remove"]
        try:
            set_operator(email=options["email"], operates=operates, actor=Actor(name="command line"))
        except NoSuchPerson as error:
            raise CommandError(f"{error} ({error.code})") from error
        self.stdout.write("is an operator" if operates else "is no operator any more")
