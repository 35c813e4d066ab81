"""The project as an app: its commands, and Celery loaded wherever Django is."""

from django.apps import AppConfig

from relay_saas import celery


class RelayConfig(AppConfig):
    """Holds the Celery application, so that `.delay()` in a web process reaches our broker."""

    name = "relay_saas"
    celery = celery.app
