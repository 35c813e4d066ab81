"""`import_contacts --tenant acme --list News contacts.csv`: imports a file into a list, prints counts."""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import translation

from campaigns.management.tenant_command import ACTOR, add_tenant, tenant_of
from campaigns.services.file_reading import open_table
from campaigns.services.import_errors import errors_file
from campaigns.services.imports import create_import, run_import
from campaigns.services.lists import create_list


class Command(BaseCommand):
    """Makes the list where there is none; a file that cannot be read changes nothing."""

    help = "Imports contacts from a CSV or TSV file (UTF-8, UTF-16, Shift_JIS or EUC-JP)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The organization, the list, the file, and where refused rows go."""
        add_tenant(parser)
        parser.add_argument("--list", required=True, metavar="NAME", help="made where there is none")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="where refused rows go")
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Imports, then says what became of the rows."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        with tenant_of(options["tenant"]) as tenant_id:
            # Before the list is made: a file that is none leaves no empty list behind.
            open_table(path)
            mailing_list = create_list(tenant_id=tenant_id, name=options["list"], actor=ACTOR)
            with path.open("rb") as data:
                found = create_import(
                    tenant_id=tenant_id,
                    mailing_list_id=mailing_list.pk,
                    file_name=path.name,
                    data=data,
                    actor=ACTOR,
                )
            job = run_import(tenant_id=tenant_id, import_id=found.pk)
            for name, count in job.counts.items():
                self.stdout.write(f"{name}: {count}")
            if options["errors"]:
                language = translation.get_language() or "en"
                pieces = errors_file(tenant_id=tenant_id, import_id=found.pk, language=language)
                options["errors"].write_bytes(b"".join(pieces))
