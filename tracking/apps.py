"""Registers the app and its receivers."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """Connects the receivers once all apps are loaded."""

    name = "tracking"

    def ready(self) -> None:
        """Receivers import tasks, and tasks import models: both need loaded apps."""
        from tracking.receivers import connect  # noqa: PLC0415 - see above

        connect()
