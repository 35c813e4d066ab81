"""`suppressions undo --rule R --provider P --from T`: takes back what a wrong answer of a site suppressed."""

from datetime import datetime
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.audit import Actor
from campaigns.services.suppression import Chosen
from delivery.models import SuppressionHold
from delivery.services.undo import find_sites, undo_suppressions
from relay_saas.web.errors import RelayError


class Command(BaseCommand):
    """One line with what was undone; `holds` lists the providers whose bounces were not believed."""

    help = "Takes back suppressions of bounces by rule, site and time, and lists what was held."

    def add_arguments(self, parser: CommandParser) -> None:
        """Rule and beginning are asked for, so that nobody undoes everything by a slip."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        undo = verbs.add_parser("undo", help="lets the addresses be mailed again")
        undo.add_argument("--rule", required=True, help="the row of the bounce table")
        undo.add_argument("--site", default="", help="an MX host of the site")
        undo.add_argument("--provider", default="", help="name of a provider")
        undo.add_argument("--from", required=True, dest="since", help="ISO time")
        undo.add_argument("--to", dest="before", help="ISO time; now without it")
        undo.add_argument("--dry-run", action="store_true", help="only count")
        undo.add_argument("--by", default="operator", help="who does it")
        verbs.add_parser("holds", help="providers whose bounces are or were not believed")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One service."""
        if options["verb"] == "holds":
            for hold in SuppressionHold.objects.order_by("-pk")[:50]:
                self._show(hold)
            return
        try:
            sites = find_sites(site=options["site"], provider=options["provider"])
        except RelayError as error:
            raise CommandError(f"{error} ({error.code})") from error
        chosen = Chosen(
            rule=options["rule"],
            sites=sites,
            since=_time(options["since"]),
            before=_time(options["before"]) if options["before"] else timezone.now(),
        )
        actor = Actor(name=options["by"])
        undone = undo_suppressions(chosen=chosen, actor=actor, dry_run=options["dry_run"])
        word = "would be undone" if options["dry_run"] else "undone"
        self.stdout.write(f"{word}: {undone.addresses} addresses at {undone.tenants} organizations")

    def _show(self, hold: SuppressionHold) -> None:
        until = hold.ended_at or hold.until
        self.stdout.write(
            f"{hold.pk}\tprovider={hold.provider_id}\trule={hold.rule}\tshare={hold.share:.3f}\t"
            f"usual={hold.base_share:.3f}\ttenants={hold.tenants}\tfrom={hold.since.isoformat()}\t"
            f"until={until.isoformat()}"
        )


def _time(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{text} is no ISO time, for example 2026-11-24T09:00:00Z")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
