"""The dashboard and the API, served by Granian."""

import os

from django.core.wsgi import get_wsgi_application

from relay_saas.runtime import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay_saas.settings")
application = get_wsgi_application()
refuse_unsafe_start()
