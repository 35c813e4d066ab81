"""The Celery application: short tasks, late acks, JSON only, no result backend; due times live in
PostgreSQL."""

import gc
import os

from celery import Celery
from celery.signals import setup_logging, worker_init
from django.db import connections

from relay_saas.celery_settings import CONFIGURATION
from relay_saas.runtime import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay_saas.settings")
# Django's checks would load every page into every worker; `refuse_unsafe_start` runs those of a start.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")


@setup_logging.connect
def _keep_django_logging(**_: object) -> None:
    """Celery would install handlers of its own."""


@worker_init.connect
def _refuse_unsafe_start(**_: object) -> None:
    """Before the children are forked; no connection is left for them to share."""
    refuse_unsafe_start()
    connections.close_all()
    # A look for garbage writes to all that it passes; the children would have a copy of that each.
    gc.collect()
    gc.freeze()


app = Celery("relay_saas")
app.conf.update(CONFIGURATION)
app.autodiscover_tasks(["accounts", "campaigns", "delivery", "tracking"])
