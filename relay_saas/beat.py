"""Beat's own application: it only rings, so it knows the schedule and none of the apps, which take memory."""

import logging.config
import os

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

from relay_saas.celery_settings import CONFIGURATION

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay_saas.settings")


@setup_logging.connect
def _log_as_django_does(**_: object) -> None:
    """Django is not set up here; Celery would install handlers of its own."""
    logging.config.dictConfig(settings.LOGGING)


app = Celery("relay_saas", fixups=[])
app.conf.update(CONFIGURATION)
