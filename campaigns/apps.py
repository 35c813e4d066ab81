"""Registers the app."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Plain configuration."""

    name = "campaigns"

    def ready(self) -> None:
        """Makes the kinds of jobs known; they import models, which need loaded apps."""
        from accounts.jobs import register  # noqa: PLC0415 - see above
        from campaigns.services import exports, field_deletion, suppression_import  # noqa: PLC0415 - see above

        for kind in (
            exports.contacts_kind(),
            exports.suppressions_kind(),
            suppression_import.kind(),
            field_deletion.kind(),
        ):
            register(kind)
