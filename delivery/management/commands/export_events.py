"""`export_events --tenant acme --from 2026-11-24T00:00Z`: one JSON document per attempt and line."""

import json
from datetime import UTC, datetime
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from campaigns.management.tenant_command import add_tenant, tenant_of
from delivery.selectors.event_records import event_records


class Command(BaseCommand):
    """Streams: memory stays that of one page however many there are."""

    help = "Writes one JSON document per attempt of an organization (docs/events.md), in the order of time."

    def add_arguments(self, parser: CommandParser) -> None:
        """The organization and the time."""
        add_tenant(parser)
        parser.add_argument("--from", dest="start", type=_instant, required=True, metavar="TIME")
        parser.add_argument(
            "--to", dest="end", type=_instant, metavar="TIME", help="the first instant left out"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """One selector, line by line."""
        end = options["end"] or datetime.now(UTC)
        if end <= options["start"]:
            raise CommandError("--to must be later than --from")
        with tenant_of(options["tenant"]) as tenant_id:
            for record in event_records(tenant_id=tenant_id, start=options["start"], end=end):
                self.stdout.write(json.dumps(record, ensure_ascii=False))


def _instant(text: str) -> datetime:
    """An instant in ISO 8601; without a zone it is UTC."""
    found = parse_datetime(text)
    if found is None:
        raise ValueError(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
