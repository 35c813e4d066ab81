"""Registers the app."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Plain configuration."""

    name = "delivery"
