"""`shaping set max_connections 10 --provider Google`: an operator's limits, and what holds where."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from delivery.engine.shape import Limits, shaping
from delivery.management.scope_arguments import add_scope, scope_of, written
from delivery.models import Scope, ShapingOverride
from delivery.services.shaping import SETTINGS, set_override, unset_override
from relay_saas.web.errors import RelayError


class Command(BaseCommand):
    """`show` prints the shipped limits with their sources, then the overrides."""

    help = "Sets limits in place of the shipped ones, takes them back, and shows what holds."

    def add_arguments(self, parser: CommandParser) -> None:
        """`set`, `unset`, `show`; the more of a scope is named, the more it counts."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("show", help="the shipped limits and the overrides")
        put = verbs.add_parser("set", help="replaces a setting")
        unset = verbs.add_parser("unset", help="the shipped setting holds again")
        for one in (put, unset):
            one.add_argument("setting", choices=sorted(SETTINGS))
        put.add_argument("value")
        for one in (put, unset):
            add_scope(one)
        put.add_argument("--reason", default="")
        put.add_argument("--by", default="operator", help="who does it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One service."""
        match options["verb"]:
            case "show":
                self._show()
            case "set":
                try:
                    override = set_override(
                        scope=scope_of(options),
                        setting=options["setting"],
                        value=options["value"],
                        set_by=options["by"],
                        reason=options["reason"],
                    )
                except RelayError as error:
                    raise CommandError(f"{error} ({error.code})") from error
                self.stdout.write(_line(override))
            case "unset":
                gone = unset_override(scope=scope_of(options), setting=options["setting"])
                self.stdout.write("unset" if gone else "nothing was set for that")

    def _show(self) -> None:
        table = shaping()
        for limits in (table.default, *(limits for _, limits in table.rows)):
            self.stdout.write(_shipped(limits))
        for override in ShapingOverride.objects.order_by("id"):
            self.stdout.write(_line(override))


def _shipped(limits: Limits) -> str:
    rate = f" messages_per_minute={limits.messages_per_minute}" if limits.messages_per_minute else ""
    return (
        f"{limits.name or 'anybody'}: max_connections={limits.max_connections} "
        f"start_connections={limits.start_connections} "
        f"max_messages_per_connection={limits.max_messages_per_connection}{rate} tls={limits.tls} "
        f"idle_seconds={limits.idle_seconds} ({limits.source})"
    )


def _line(row: ShapingOverride) -> str:
    scope = Scope(
        provider_id=row.provider_id,
        site_id=row.site_id,
        source_id=row.source_id,
        pool_id=row.pool_id,
        tenant_id=row.tenant_id,
    )
    why = f": {row.reason}" if row.reason else ""
    return f"override {row.setting}={row.value} {written(scope)} set by {row.set_by}{why}"
