"""The security report of any domain, for anybody: bounded in time, questions, and how often one asks."""

import asyncio
import logging
import threading
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

from django import forms
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from accounts.services.dns_records import dns_server
from relay_saas.console.domain_report_words import summary, told
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.mail.dns import Resolver
from relay_saas.mail.domain_report.report import DomainReport, look
from relay_saas.net.reach import Page, reach

LOG = logging.getLogger(__name__)
#: Reports that one address may ask for in a minute.
MOST_A_MINUTE: Final = 10
#: Reports that this process makes at a time: each holds a thread for seconds where DNS is slow.
_PLACES: Final = threading.BoundedSemaphore(4)


class DomainForm(forms.Form):
    """A domain, or an address at it."""

    domain = forms.CharField(
        label=gettext_lazy("Domain or mail address"),
        max_length=320,
        widget=forms.TextInput(
            attrs={"spellcheck": "false", "autocomplete": "off", "autocapitalize": "none", "inputmode": "url"}
        ),
    )

    def clean_domain(self) -> str:
        """The domain in A-labels."""
        text = self.cleaned_data["domain"].strip().rpartition("@")[2].rstrip(".")
        try:
            name = parse_address(f"postmaster@{text}").domain
        except BadAddress as error:
            raise forms.ValidationError(_("This is no domain name. Write it like example.com.")) from error
        if "." not in name or name.startswith("["):
            raise forms.ValidationError(_("This is no domain name. Write it like example.com."))
        return name


@require_GET
def domain_report(request: HttpRequest) -> HttpResponse:
    """The form, and with `?domain=` the report."""
    form = DomainForm(request.GET if "domain" in request.GET else None, label_suffix="")
    context: dict[str, Any] = {"form": form}
    status = 200
    if form.is_bound and not form.is_valid():
        status = 422
    elif form.is_bound:
        report = _asked(request, form.cleaned_data["domain"])
        if report is None:
            status = 429
            form.add_error("domain", _("Too many reports were asked for. Wait a minute, then ask again."))
        else:
            context |= {
                "report": report,
                "told": told(report),
                "summary": summary(report),
                "at": timezone.now(),
            }
    response = render(request, "console/domain_report.html", context, status=status)
    response["Referrer-Policy"] = "no-referrer"
    if form.is_bound:
        response["X-Robots-Tag"] = "noindex"
    if status == 429:
        response["Retry-After"] = "60"
    return response


def _asked(request: HttpRequest, domain: str) -> DomainReport | None:
    """The report; None where the address, or everybody together, asks too often."""
    if not _admitted(request.META.get("REMOTE_ADDR", "")) or not _PLACES.acquire(blocking=False):
        return None
    try:
        return asyncio.run(_look(domain))
    finally:
        _PLACES.release()


async def _look(domain: str) -> DomainReport:
    asks = Resolver(dns_server(), lifetime=3.0)

    async def fetch(name: str) -> str | None:
        """No address that is not public is connected to, whatever this installation delivers to."""
        reached = await reach(asks, Page(host=f"mta-sts.{name}", path="/.well-known/mta-sts.txt"))
        return None if reached.code else reached.body.decode("utf-8", "replace")

    return await look(asks, domain, fetch=fetch, now=timezone.now())


def _admitted(address: str) -> bool:
    """Whether this address may ask once more this minute; where Valkey is away, nobody is held up."""
    key = f"domain-report:{_neighbourhood(address)}"
    try:
        cache.add(key, 0, 60)
        return int(cache.incr(key)) <= MOST_A_MINUTE
    except ValueError:  # it ended between the two
        return True
    except (RedisError, OSError):
        LOG.warning("reports are not limited: Valkey does not answer", exc_info=True)
        return True


def _neighbourhood(address: str) -> str:
    """One IPv4 address, or the /64 that one connection usually has."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network(f"{found}/64", strict=False)) if isinstance(found, IPv6Address) else str(found)
