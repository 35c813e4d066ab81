"""Registers the app and its receivers."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Connects the receivers once all apps are loaded."""

    name = "delivery"

    def ready(self) -> None:
        """Receivers import tasks, and tasks import models: both need loaded apps."""
        from delivery.receivers import connect  # noqa: PLC0415 - see above

        connect()
