"""Registers the app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Plain configuration."""

    name = "accounts"
