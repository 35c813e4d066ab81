"""`policy suspend --provider Google --reason "…"`: the operators' brake on the command line."""

from typing import Any

from django.core.management import BaseCommand, CommandParser

from delivery.management.scope_arguments import add_more_scope, add_scope, end_of, scope_of, written
from delivery.models import PolicyAction, PolicyState
from delivery.selectors.policies import active_policies
from delivery.services import policy

_LIMITS = [action.value for action in PolicyAction if action != PolicyAction.SUSPEND]


class Command(BaseCommand):
    """One line for each policy that was set or that holds."""

    help = "Suspends sending or slows it down, lifts that again, and lists what holds."

    def add_arguments(self, parser: CommandParser) -> None:
        """`suspend`, `limit`, `lift`, `list`; without any scope a suspension stops everything."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        suspend = verbs.add_parser("suspend", help="claims nothing of this scope any more")
        limit = verbs.add_parser("limit", help="slows this scope down")
        limit.add_argument("action", choices=_LIMITS)
        limit.add_argument("value", type=int)
        lift = verbs.add_parser("lift", help="ends a policy")
        lift.add_argument("policy", type=int)
        listed = verbs.add_parser("list", help="what holds")
        listed.add_argument("--all", action="store_true", help="also what has ended")
        for one in (suspend, limit):
            add_scope(one)
            add_more_scope(one)
            one.add_argument("--reason", required=True)
            one.add_argument("--until", help="90m, 2h, 3d or an ISO time; without it until it is lifted")
        for one in (suspend, limit, lift):
            one.add_argument("--by", default="operator", help="who does it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One service."""
        match options["verb"]:
            case "lift":
                lifted = policy.lift(policy_id=options["policy"], by=options["by"])
                self.stdout.write("lifted" if lifted else "no such policy holds")
            case "list":
                rows = PolicyState.objects.order_by("-id") if options["all"] else active_policies()
                for row in rows:
                    self._show(row)
            case verb:
                made = policy.impose(
                    scope=scope_of(options),
                    action=PolicyAction.SUSPEND if verb == "suspend" else PolicyAction(options["action"]),
                    value=options.get("value"),
                    reason=options["reason"],
                    set_by=options["by"],
                    until=end_of(options["until"]),
                )
                self._show(made)

    def _show(self, row: PolicyState) -> None:
        what = row.action if row.value is None else f"{row.action}={row.value}"
        end = f"ended {row.ended_at:%F %R} by {row.ended_by}" if row.ended_at else ""
        end = end or (f"until {row.until:%F %R}" if row.until else "until lifted")
        why = f"{row.reason} [{row.rule}] {row.evidence}" if row.rule else row.reason
        self.stdout.write(f"{row.pk} {what} {written(row.scope)} {end} set by {row.set_by}: {why}")
