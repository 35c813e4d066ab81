"""The dashboard and the API as Granian serves them: each request is taken whole first."""

from django.conf import settings

from relay_saas.runtime import keep_what_is_loaded
from relay_saas.web.whole_requests import WholeRequests
from relay_saas.wsgi import application as dashboard

application = WholeRequests(dashboard, threads=settings.RELAY_WEB_THREADS)
keep_what_is_loaded()
