"""Registers the app and its checks."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Loads the system checks."""

    name = "accounts"

    def ready(self) -> None:
        """Importing registers."""
        from accounts import checks  # noqa: F401, PLC0415 (models must be ready)
