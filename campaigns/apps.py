"""Registers the app and its kinds of jobs."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Makes its long work known."""

    name = "campaigns"

    def ready(self) -> None:
        """Makes the kinds of jobs known; they import models, which need loaded apps."""
        from accounts.jobs import register  # noqa: PLC0415 - see above
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
