"""The edge's ASGI entry; sets Django up before its models, templates and languages are imported."""

import os

import django
from django.conf import settings
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay_saas.settings")
django.setup()
import_string("relay_saas.runtime.refuse_unsafe_start")()

_keys = import_string("relay_saas.mail.tokens.TokenKeys")(
    keys=settings.RELAY_TOKEN_KEYS, current=next(iter(settings.RELAY_TOKEN_KEYS))
)
application = import_string("tracking.edge.answers.Edge")(settings.DATABASE_URL, _keys)
