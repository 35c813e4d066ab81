"""Receivers' reports about sending domains: stored once, summed up by day, forgotten in time."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from accounts.models import SendingDomain
from accounts.services.dns_records import SELECTORS, all_sources
from accounts.tenancy import tenant_scope
from delivery.services.reports import take_reports, unread_reports
from relay_saas.mail.dmarc_reports.errors import BadReport
from relay_saas.mail.dmarc_reports.reading import read_mail
from relay_saas.mail.dmarc_reports.report import Report
from relay_saas.mail.dmarc_reports.sources import Source, merged, source_of
from tracking.models import DmarcDay, DmarcReport, DmarcSource

log = logging.getLogger(__name__)

#: Reports about one domain in 24 hours: receivers are some dozens, and write once or a few times a day.
MOST_A_DAY: Final = 500
SOURCES_KEPT: Final = timedelta(days=90)
DAYS_KEPT: Final = timedelta(days=730)
#: A report is about what was; one about a time to come would stay for ever.
_FUTURE: Final = timedelta(days=2)

_SOURCES: Final = """
insert into tracking_dmarcsource as s
  (tenant_id, domain_id, day, source, header_from, disposition, dkim, spf, origin, name, n)
select %(tenant)s, %(domain)s, %(day)s, source, header_from, disposition, dkim, spf, origin, name, n
from jsonb_to_recordset(%(rows)s) as x(source inet, header_from text, disposition text, dkim boolean,
  spf boolean, origin text, name text, n bigint)
on conflict (tenant_id, domain_id, day, source, header_from, disposition, dkim, spf)
do update set n = s.n + excluded.n, origin = excluded.origin,
  name = coalesce(nullif(excluded.name, ''), s.name)
"""
_DAYS: Final = """
insert into tracking_dmarcday as d
  (tenant_id, domain_id, day, origin, messages, aligned, dkim, spf, quarantined, rejected)
select %(tenant)s, %(domain)s, %(day)s, origin, sum(n), coalesce(sum(n) filter (where dkim or spf), 0),
  coalesce(sum(n) filter (where dkim), 0), coalesce(sum(n) filter (where spf), 0),
  coalesce(sum(n) filter (where disposition = 'quarantine'), 0),
  coalesce(sum(n) filter (where disposition = 'reject'), 0)
from jsonb_to_recordset(%(rows)s) as x(origin text, disposition text, dkim boolean, spf boolean, n bigint)
group by origin
on conflict (tenant_id, domain_id, day, origin) do update set
  messages = d.messages + excluded.messages, aligned = d.aligned + excluded.aligned,
  dkim = d.dkim + excluded.dkim, spf = d.spf + excluded.spf,
  quarantined = d.quarantined + excluded.quarantined, rejected = d.rejected + excluded.rejected
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    source: str
    header_from: str
    disposition: str
    dkim: bool
    spf: bool
    origin: str
    name: str
    n: int


def record_reports(*, tenant_id: UUID, inbound_ids: Sequence[int]) -> int:
    """Reads these mails and stores what is new; returns how many reports that were."""
    with tenant_scope(tenant_id):
        return sum(
            _record(tenant_id, one.raw, one.received_at)
            for one in take_reports(tenant_id=tenant_id, inbound_ids=inbound_ids)
        )


def record_missed_reports() -> int:
    """Reads what no event told of; returns how many reports that were."""
    by_tenant: dict[UUID, list[int]] = defaultdict(list)
    for tenant_id, inbound_id in unread_reports():
        by_tenant[tenant_id].append(inbound_id)
    return sum(record_reports(tenant_id=tenant_id, inbound_ids=ids) for tenant_id, ids in by_tenant.items())


def _record(tenant_id: UUID, raw: bytes, received_at: datetime) -> bool:
    try:
        report = read_mail(raw)
    except BadReport as error:
        log.warning("a DMARC report could not be read: %s", error.code)
        return False
    return store_report(tenant_id=tenant_id, report=report, received_at=received_at)


def store_report(*, tenant_id: UUID, report: Report, received_at: datetime) -> bool:
    """Stores a report about a domain of the tenant's; False where it is not new, or nobody's."""
    with tenant_scope(tenant_id):
        domain = SendingDomain.objects.filter(name=report.domain).first()
        if domain is None or report.begin > received_at + _FUTURE:
            return False
        lately = DmarcReport.objects.filter(domain=domain, received_at__gt=received_at - timedelta(days=1))
        if lately.count() >= MOST_A_DAY:
            log.warning("too many DMARC reports about domain %s", domain.pk)
            return False
        _row, new = DmarcReport.objects.get_or_create(
            tenant_id=tenant_id,
            domain=domain,
            org_name=report.org_name.lower(),
            report_id=report.report_id,
            defaults={
                "email": report.email,
                "begin": report.begin,
                "end": report.end,
                "p": report.p,
                "sp": report.sp,
                "messages": report.messages,
                "left_out": report.left_out,
                "received_at": received_at,
            },
        )
        if new and report.rows:
            _sum_up(tenant_id, domain, report)
        return new


def _sum_up(tenant_id: UUID, domain: SendingDomain, report: Report) -> None:
    ours = {source.address for source in all_sources()}
    found = [
        source_of(row, domain=domain.name, ours=ours, selectors=SELECTORS) for row in merged(report.rows)
    ]
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "domain": domain.pk,
        "day": _day(report),
        "rows": Jsonb([asdict(_flat(one)) for one in found]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES, values)
        cursor.execute(_DAYS, values)


def _flat(one: Source) -> _Row:
    row = one.row
    return _Row(
        source=row.source,
        header_from=row.header_from,
        disposition=row.disposition,
        dkim=row.dkim,
        spf=row.spf,
        origin=one.origin.value,
        name=one.name,
        n=row.count,
    )


def _day(report: Report) -> date:
    """The day that most of its period lies in: some begin an hour before midnight."""
    return (report.begin + (report.end - report.begin) / 2).date()


def forget_old_reports() -> int:
    """Deletes what is older than it is kept; returns of how many organizations."""
    today = timezone.now().date()
    before = today - SOURCES_KEPT
    with connection.cursor() as cursor:
        cursor.execute("select tenant_id from tenants_with_old_dmarc(%s)", [before])
        tenants = [row[0] for row in cursor.fetchall()]
    for tenant_id in tenants:
        with tenant_scope(tenant_id):
            DmarcSource.objects.filter(day__lt=before).delete()
            DmarcReport.objects.filter(begin__date__lt=before).delete()
            DmarcDay.objects.filter(day__lt=today - DAYS_KEPT).delete()
    return len(tenants)
