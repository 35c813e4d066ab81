"""`manage.py simulator`: the Internet in a box, run from the project's own command line."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from relay_saas.simulator.command import start
from relay_saas.simulator.options import add_arguments, options_of


class Command(BaseCommand):
    help = "DNS, mailbox providers, judge, recipients and mailbox pages of .test, until stopped."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        if start(options_of(argparse.Namespace(**options))):
            raise CommandError("The simulator ended with an error.")
