"""`prepare_database`: migrates as the owner and makes the ledger's months."""

from datetime import UTC, datetime
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection

from delivery.partitions import make_months
from relay_saas.settings import database


class Command(BaseCommand):
    """Run it at every deployment and once a day; it changes nothing that is already there."""

    help = "Migrates the database as its owner and makes the months of the ledger ahead."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DATABASE_OWNER_URL:
            raise CommandError(
                "DATABASE_OWNER_URL must be set: migrations belong to the owner, not to relay_app."
            )
        connection.close()
        connection.settings_dict.update(database(settings.DATABASE_OWNER_URL))
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        connection.close()
        with psycopg.connect(settings.DATABASE_OWNER_URL) as owner:
            made = make_months(owner, datetime.now(UTC))
        self.stdout.write(f"{len(made)} partitions made")
