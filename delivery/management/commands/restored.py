"""`manage.py restored list|doubt|resume`: what to do with a database that was restored from a copy."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from delivery.engine.incarnation import RESTORED
from delivery.engine.restored import put_in_doubt
from delivery.selectors.policies import active_policies
from delivery.selectors.restored import restored_at, waiting
from delivery.services import policy


class Command(BaseCommand):
    """Nothing is sent from a restored copy before somebody has decided."""

    help = "Lists what may have been sent since the copy was made, gives it up as in doubt, or resumes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The verb."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="campaigns whose messages may have been sent already")
        verbs.add_parser("doubt", help="ends all of those as in doubt: none of them is sent (again)")
        resume = verbs.add_parser("resume", help="lifts the suspension: what still waits is sent")
        resume.add_argument("--by", default="operator", help="who does it")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """One service."""
        match options["verb"]:
            case "list":
                at = restored_at()
                self.stdout.write(f"restored at {at:%Y-%m-%d %H:%M:%S}" if at else "never restored")
                for one in waiting():
                    campaign = "mail" if one.campaign is None else f"campaign {one.campaign} {one.name}"
                    self.stdout.write(f"{one.tenant}\t{campaign}\t{one.messages} messages")
            case "doubt":
                self.stdout.write(f"{put_in_doubt(settings.DATABASE_DISPATCH_URL)} messages are in doubt")
            case _:
                held = active_policies().filter(rule=RESTORED)
                lifted = [one.pk for one in held if policy.lift(policy_id=one.pk, by=options["by"])]
                self.stdout.write(f"lifted: {', '.join(map(str, lifted)) or 'nothing was suspended'}")
