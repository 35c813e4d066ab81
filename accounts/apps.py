"""Registers the app, its checks and its receivers."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Loads the system checks and connects the receivers."""

    name = "accounts"

    def ready(self) -> None:
        """Importing registers; receivers import tasks, and tasks import models: both need loaded apps."""
        from accounts import checks  # noqa: F401, PLC0415 (models must be ready)
        from accounts.jobs import register  # noqa: PLC0415 - see above
        from accounts.receivers import connect  # noqa: PLC0415 - see above
        from accounts.services.audit_export import KIND  # noqa: PLC0415 - see above

        register(KIND)
        connect()
