"""The dashboard and the API as Granian serves them: each request is taken whole first."""

import gc

from django.conf import settings

from relay_saas.web.whole_requests import WholeRequests
from relay_saas.wsgi import application as dashboard

#: Objects that a process makes before the collector looks for circles: a request makes some ten thousand.
_OBJECTS_BETWEEN_COLLECTIONS = 20_000

application = WholeRequests(dashboard, threads=settings.RELAY_WEB_THREADS)

# What is loaded by now stays for good: looking through it again and again cost a tenth of every request.
gc.freeze()
gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
