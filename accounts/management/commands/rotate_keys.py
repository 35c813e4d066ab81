"""`manage.py rotate_keys --tenant SLUG --domain NAME [--advance]`: new signing keys for a sending domain."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.audit import SYSTEM
from accounts.exceptions import AccountsError
from accounts.models import SendingDomain
from accounts.selectors.tenants import tenant_by_slug
from accounts.services.key_rotation import advance_rotation, begin_rotation
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound


class Command(BaseCommand):
    """The new keys sign once DNS shows them; that is looked at every ten minutes, or now by --advance."""

    help = "Announces new DKIM keys of a domain, or lets announced ones sign that DNS shows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, which, and what."""
        parser.add_argument("--tenant", required=True, help="the organization's short name")
        parser.add_argument("--domain", required=True)
        parser.add_argument("--advance", action="store_true", help="look at DNS and take the next step")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        """One service."""
        try:
            tenant_id = tenant_by_slug(options["tenant"])
            with tenant_scope(tenant_id):
                domain_id = SendingDomain.objects.get(name=options["domain"]).pk
        except (NotFound, SendingDomain.DoesNotExist) as error:
            raise CommandError("no such organization, or no such domain") from error
        try:
            if options["advance"]:
                changed = advance_rotation(tenant_id=tenant_id, domain_id=domain_id, actor=SYSTEM)
            else:
                keys = begin_rotation(tenant_id=tenant_id, domain_id=domain_id, actor=SYSTEM)
                changed = [key.selector for key in keys]
        except AccountsError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(", ".join(changed) or "nothing to do")
