"""A domain's records for whoever keeps its DNS: by a signed link, without a sign-in, and nothing else."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.services.dns_share import shared_domain
from relay_saas.console.domain_page import zone_answer
from relay_saas.console.domain_records import domain_view


@require_GET
def dns_share(request: HttpRequest, token: str) -> HttpResponse:
    """The records, as the last check found them."""
    shared = shared_domain(token)
    context = {"view": domain_view(shared.domain), "domain": shared.domain, "token": token}
    return unlisted(render(request, "console/domain_shared.html", context))


@require_GET
def dns_share_zone(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001
    """The same as a zone file."""
    return unlisted(zone_answer(shared_domain(token).domain))


def unlisted(response: HttpResponse) -> HttpResponse:
    """For nobody's index, and nobody's cache."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response
