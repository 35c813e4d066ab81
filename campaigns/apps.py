"""Registers the app."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Plain configuration."""

    name = "campaigns"
