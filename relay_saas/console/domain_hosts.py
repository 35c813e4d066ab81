"""Step by step at some DNS hosts, with the domain's own records as each host wants them written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts.models import SendingDomain
from accounts.permissions import Capability
from accounts.selectors.domains import find_domain
from accounts.selectors.membership import Member
from accounts.services.dns_share import shared_domain
from accounts.views.access import tenant_page
from relay_saas.console.domain_records import RecordRow, domain_view
from relay_saas.console.domain_share import unlisted
from relay_saas.web.problems import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsHost:
    """How one host wants records; `before` and `after` stand around the table of records."""

    name: str
    #: What the host calls the fields for name, type and value.
    fields: tuple[Text, Text, Text]
    before: Sequence[Text]
    after: Sequence[Text]
    #: TXT values are written in quotation marks.
    quoted: bool = False


HOSTS: Final[Mapping[str, DnsHost]] = {
    "onamae": DnsHost(
        name="お名前.com",
        fields=("ホスト名", "TYPE", "VALUE"),
        before=(
            gettext_lazy("Sign in to ドメインNavi. Choose ネームサーバーの設定, then ドメインのDNS設定."),
            gettext_lazy(
                "Choose the domain %(zone)s and press 次へ. At DNSレコード設定を利用する press 設定する."
            ),
            gettext_lazy(
                "For each line below: fill ホスト名, TYPE and VALUE, leave TTL at 3600 and 優先 empty, "
                "press 追加. ホスト名 is without the zone, VALUE without a dot at its end."
            ),
        ),
        after=(
            gettext_lazy(
                "Scroll to the bottom. If this domain uses other name servers on purpose, take the tick "
                "from DNSレコード設定用ネームサーバー変更確認: else they would be changed."
            ),
            gettext_lazy("Press 確認画面へ進む, look through it, press 設定する."),
        ),
    ),
    "muumuu": DnsHost(
        name="ムームードメイン",
        fields=("サブドメイン", "種別", "内容"),
        before=(
            gettext_lazy("Sign in to the control panel. Choose ドメイン操作, then ムームーDNS."),
            gettext_lazy("At %(zone)s press 変更 (or 利用設定, the first time), then カスタム設定."),
            gettext_lazy(
                "In 設定2, for each line below: fill サブドメイン, 種別 and 内容, leave 優先度 empty. "
                "サブドメイン is without the zone, 内容 without a dot at its end."
            ),
        ),
        after=(
            gettext_lazy(
                "Press セットアップ情報変更 at the bottom of the page; before that nothing is saved."
            ),
            gettext_lazy(
                "ムームーDNS must be in use for the domain: look at ネームサーバ設定変更 if nothing happens."
            ),
        ),
    ),
    "route53": DnsHost(
        name="Amazon Route 53",
        fields=("Record name", "Record type", "Value"),
        before=(
            gettext_lazy("Open Route 53 in the AWS console. Choose Hosted zones, then %(zone)s."),
            gettext_lazy(
                "Press Create record (Quick create). For each line below: fill Record name, Record type and "
                "Value, leave Alias off and TTL at 300. Add another record brings the next form."
            ),
        ),
        after=(
            gettext_lazy("Press Create records. A TXT value stands in quotation marks, as it is shown here."),
        ),
        quoted=True,
    ),
    "cloudflare": DnsHost(
        name="Cloudflare",
        fields=("Name", "Type", "Target / Content"),
        before=(
            gettext_lazy("Sign in, choose the domain %(zone)s, then DNS and Records."),
            gettext_lazy(
                "For each line below press Add record, choose Type, fill Name and Target (TXT: Content), "
                "leave TTL at Auto."
            ),
            gettext_lazy(
                "For every CNAME switch Proxy status to DNS only (the grey cloud), then press Save."
            ),
        ),
        after=(
            gettext_lazy(
                "Behind the proxy (the orange cloud) a record is not found, and its check stays red."
            ),
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRow:
    """One record as the host wants it."""

    row: RecordRow
    name: str
    value: str


@tenant_page(Capability.VIEW)
@require_GET
def domain_hosts(request: HttpRequest, member: Member, domain_id: int) -> HttpResponse:
    """The steps for members."""
    found = find_domain(tenant_id=member.tenant_id, domain_id=domain_id)
    return render(request, "console/domain_hosts.html", _context(request, found))


@require_GET
def dns_share_hosts(request: HttpRequest, token: str) -> HttpResponse:
    """The same for whoever keeps the DNS, without a sign-in."""
    context = _context(request, shared_domain(token).domain) | {"token": token}
    return unlisted(render(request, "console/domain_hosts_shared.html", context))


def _context(request: HttpRequest, domain: SendingDomain) -> dict[str, Any]:
    asked = request.GET.get("host", "")
    slug = asked if asked in HOSTS else next(iter(HOSTS))
    host = HOSTS[slug]
    zone = {"zone": domain.zone or _("that this name lies in")}
    return {
        "domain": domain,
        "hosts": [(key, one.name) for key, one in HOSTS.items()],
        "slug": slug,
        "host": host,
        "before": [str(step) % zone for step in host.before],
        "after": [str(step) % zone for step in host.after],
        "rows": [_row(host, row) for row in domain_view(domain).rows],
    }


def _row(host: DnsHost, row: RecordRow) -> HostRow:
    value = row.record.value
    if host.quoted and row.record.type == "TXT":
        value = f'"{value}"'
    return HostRow(row=row, name=row.short_host or row.record.name, value=value)
