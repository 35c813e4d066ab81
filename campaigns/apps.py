"""Registers the app and its kinds of jobs."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Makes its long work and its ids known."""

    name = "campaigns"

    def ready(self) -> None:
        """Makes the kinds of jobs and of ids known; they import models, which need loaded apps."""
        from accounts.api.body_ids import know  # noqa: PLC0415 - see above
        from accounts.jobs import register  # noqa: PLC0415 - see above
        from campaigns.models import Campaign, Contact, ContactList, Template  # noqa: PLC0415 - see above
        from campaigns.services import (  # noqa: PLC0415 - see above
            exports,
            field_deletion,
            import_jobs,
            suppression_import,
        )

        for kind in (
            exports.contacts_kind(),
            exports.suppressions_kind(),
            suppression_import.kind(),
            field_deletion.kind(),
            *import_jobs.kinds(),
        ):
            register(kind)
        for prefix, table in {"cmp": Campaign, "con": Contact, "lst": ContactList, "tpl": Template}.items():
            know(prefix, table)
