"""`egress list`, `egress set 192.0.2.7 --pool a --host mx2 --helo mx2.relay.test`: our sending addresses."""

from datetime import date
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.selectors.tenants import tenant_by_slug
from delivery.models import EgressPool, EgressSource, PoolAssignment, Provider, WarmupDay, WarmupPlan
from delivery.models.stream import Stream
from delivery.services import egress
from relay_saas.web.errors import RelayError

_STREAMS = [stream.name.lower() for stream in Stream]


class Command(BaseCommand):
    """One line for each address, assignment and warm-up."""

    help = "Lists and changes our sending addresses, whose mail their pools carry, and their warm-up."

    def add_arguments(self, parser: CommandParser) -> None:
        """`list`, `set`, `assign`, `unassign`, `warm`, `cool`."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="addresses, assignments, warm-ups")
        put = verbs.add_parser("set", help="adds or changes an address that RELAY_EGRESS does not name")
        put.add_argument("address")
        for name in ("pool", "host", "helo"):
            put.add_argument(f"--{name}", required=True)
        assign = verbs.add_parser("assign", help="whose mail a pool carries")
        assign.add_argument("pool")
        unassign = verbs.add_parser("unassign", help="takes that back")
        for one in (assign, unassign):
            one.add_argument("--tenant", help="an organization's short name")
            one.add_argument("--stream", choices=_STREAMS)
        warm = verbs.add_parser("warm", help="warms an address up")
        cool = verbs.add_parser("cool", help="ends a warm-up")
        for one in (warm, cool):
            one.add_argument("address")
            one.add_argument("--provider", help="at one provider; without it at each")
        warm.add_argument("--steps", required=True, help="accepted messages per day: 50,100,200")
        warm.add_argument("--from", dest="start", help="the first day (UTC), today without it")
        warm.add_argument("--by", default="operator", help="who does it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One service."""
        try:
            match options["verb"]:
                case "set":
                    names = ("address", "pool", "host", "helo")
                    egress.set_source(**{name: options[name] for name in names})
                case "assign":
                    egress.assign_pool(pool=_pool(options["pool"]), **_whose(options))
                case "unassign":
                    egress.unassign_pool(**_whose(options))
                case "warm":
                    self._warm(options)
                case "cool":
                    egress.end_warmup(
                        source=_source(options["address"]), provider_id=_provider(options["provider"])
                    )
        except RelayError as error:
            raise CommandError(f"{error} ({error.code})") from error
        self._list()

    def _warm(self, options: dict[str, Any]) -> None:
        try:
            steps = [int(step) for step in options["steps"].split(",")]
            start = date.fromisoformat(options["start"]) if options["start"] else None
        except ValueError:
            raise CommandError("--steps takes numbers, --from a day as 2026-11-24") from None
        egress.plan_warmup(
            source=_source(options["address"]),
            steps=steps,
            started_on=start or egress.today(),
            set_by=options["by"],
            provider_id=_provider(options["provider"]),
        )

    def _list(self) -> None:
        for source in EgressSource.objects.select_related("pool").order_by("pool__name", "id"):
            self.stdout.write(f"{source.address} pool={source.pool} host={source.host} helo={source.helo}")
        for row in PoolAssignment.objects.select_related("pool").order_by("id"):
            stream = Stream(row.stream).name.lower() if row.stream is not None else "any"
            self.stdout.write(f"tenant={row.tenant_id or 'any'} stream={stream} leaves from pool={row.pool}")
        for plan in WarmupPlan.objects.order_by("id"):
            taken = WarmupDay.objects.filter(source_id=plan.source_id).order_by("-day", "provider_id")
            days = " ".join(f"{day.day}:provider {day.provider_id}:{day.taken}" for day in taken[:10])
            self.stdout.write(
                f"warm-up of source {plan.source_id} at provider {plan.provider_id or 'each'} "
                f"from {plan.started_on}: {plan} taken {days or 'nothing'}"
            )


def _whose(options: dict[str, Any]) -> dict[str, Any]:
    tenant, stream = options["tenant"], options["stream"]
    return {
        "tenant_id": tenant_by_slug(tenant) if tenant else None,
        "stream": Stream[stream.upper()].value if stream else None,
    }


def _pool(name: str) -> EgressPool:
    found = EgressPool.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"there is no pool {name}")
    return found


def _source(address: str) -> EgressSource:
    found = EgressSource.objects.filter(address=address).first()
    if found is None:
        raise CommandError(f"{address} is none of our addresses")
    return found


def _provider(name: str | None) -> int | None:
    if not name:
        return None
    found = Provider.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"there is no provider {name}")
    return found.pk
