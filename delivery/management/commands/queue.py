"""`queue`: what waits and for whom; `queue expire --older-than 12h --yes`: gives up old mail."""

from datetime import timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from delivery.management.scope_arguments import add_scope, end_of, scope_of
from delivery.models import EgressPool, Provider, Site
from delivery.models.stream import Stream
from delivery.selectors.operations import LaneRow, lanes
from delivery.services.expire import expire_waiting, lanes_in


class Command(BaseCommand):
    """One line for each lane, most first."""

    help = "Shows what waits, by lane, and gives up what has waited too long."

    def add_arguments(self, parser: CommandParser) -> None:
        """`list` (without a word) and `expire`."""
        verbs = parser.add_subparsers(dest="verb")
        listed = verbs.add_parser("list", help="lanes with open work")
        listed.add_argument("--most", type=int, default=50, metavar="N")
        expire = verbs.add_parser("expire", help="gives up what was accepted longer ago and nobody holds")
        expire.add_argument("--older-than", required=True, metavar="12h", help="90m, 12h, 3d")
        expire.add_argument("--yes", action="store_true", help="do it; without it only the lanes are shown")
        add_scope(expire)
        expire.add_argument("--stream", choices=[stream.name.lower() for stream in Stream])

    def handle(self, *_args: Any, **options: Any) -> None:
        """One selector, or one service."""
        if options["verb"] != "expire":
            self._show(lanes()[: options.get("most") or 50])
            return
        scope = scope_of(options)
        age = _age(options["older_than"])
        if not options["yes"]:
            self._show(lanes_in(scope))
            self.stdout.write("nothing was changed: add --yes")
            return
        self.stdout.write(f"{expire_waiting(scope=scope, older_than=age)} messages given up")

    def _show(self, rows: list[LaneRow]) -> None:
        pools = dict(EgressPool.objects.values_list("pk", "name"))
        sites = dict(Site.objects.values_list("pk", "key"))
        providers = dict(Provider.objects.values_list("pk", "name"))
        for row in rows:
            where = f"{providers.get(row.provider_id) or '?'} {sites.get(row.site_id or 0, 'no site yet')}"
            what = f"{Stream(row.stream).name.lower()} {row.tenant_slug} campaign {row.campaign_id or '-'}"
            late = f", oldest due {row.overdue_since:%F %T}" if row.overdue_since else ""
            ours = f"pool {pools.get(row.pool_id)} source {row.source_id or '-'}"
            figures = f"waiting {row.waiting} due {row.due} held {row.leased}{late}"
            self.stdout.write(f"{row.lane_id} {where} | {what} | {ours} | {figures}")
        self.stdout.write(f"{sum(row.waiting + row.leased for row in rows)} messages in {len(rows)} lanes")


def _age(word: str) -> timedelta:
    """Raises CommandError."""
    end = end_of(word)
    if end is None or end <= timezone.now():
        raise CommandError("--older-than takes 90m, 12h or 3d")
    return end - timezone.now()
