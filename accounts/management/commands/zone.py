"""`manage.py zone check|repair|export`: our own zone, as it is meant and as its server answers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services.zone_health import Difference, differences, repair, whole_zone
from relay_saas.net.zone import ZoneRefused, zone_file


class Command(BaseCommand):
    """`check` ends with an error where a record is missing, different or not answered."""

    help = "Compares our zone with what its server answers, publishes it again, or writes it as a zone file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do."""
        parser.add_argument("deed", choices=("check", "repair", "export"))

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """One line for each difference."""
        if options["deed"] == "export":
            self.stdout.write(zone_file(whole_zone()), ending="")
            return
        wanted = list(whole_zone())
        found = differences(wanted)
        if options["deed"] == "repair":
            try:
                repair(found)
            except ZoneRefused as error:
                raise CommandError(f"zone_refused: {error}") from error
            found = differences(record for difference in found for record in difference.wanted.records)
        for difference in found:
            self.stdout.write(_line(difference))
        if found:
            raise CommandError(f"{len(found)} of {len(wanted)} records are not as they are meant")
        self.stdout.write(f"{len(wanted)} records, all as they are meant")


def _line(difference: Difference) -> str:
    wanted, found = difference.wanted, ", ".join(difference.found)
    answer = "no answer" if difference.unknown else found or "nothing"
    meant = ", ".join(record.value for record in wanted.records)
    return f"{wanted.name} {wanted.type}: {answer}, not {meant}"
