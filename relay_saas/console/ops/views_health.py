"""The page that says whether everything works."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from relay_saas.console.ops.access import operator_page
from relay_saas.console.ops.health import checks


@operator_page()
def health(request: HttpRequest) -> HttpResponse:
    """Each part with a sign, a word and its figures."""
    found = checks()
    context = {"checks": found, "bad": sum(one.kind != "ok" for one in found), "now": timezone.now()}
    return render(request, "console/ops/health.html", context)
