"""Registers the app."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """Plain configuration."""

    name = "tracking"
