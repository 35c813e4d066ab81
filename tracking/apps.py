"""Registers the app and its receivers."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """Connects the receivers once all apps are loaded."""

    name = "tracking"

    def ready(self) -> None:
        """Receivers import tasks, and tasks import models: both need loaded apps."""
        from accounts.jobs import register  # noqa: PLC0415 - see above
        from tracking.receivers import connect  # noqa: PLC0415 - see above
        from tracking.services.recipient_export import recipients_kind  # noqa: PLC0415 - see above
        from tracking.services.tenant_export import kind  # noqa: PLC0415 - see above

        connect()
        register(kind())
        register(recipients_kind())
