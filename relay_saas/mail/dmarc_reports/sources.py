"""Whose servers a report tells of: ours, such as the domain knows, and strangers."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from relay_saas.mail.dmarc_reports.report import Row

#: Services by the domains that they authenticate with.
SERVICES: Final = {
    "amazonses.com": "Amazon SES",
    "google.com": "Google Workspace",
    "gmail.com": "Gmail",
    "onmicrosoft.com": "Microsoft 365",
    "outlook.com": "Microsoft 365",
    "sendgrid.net": "SendGrid",
    "mailgun.org": "Mailgun",
    "mandrillapp.com": "Mandrill",
    "mcsv.net": "Mailchimp",
    "mcdlv.net": "Mailchimp",
    "sparkpostmail.com": "SparkPost",
    "mtasv.net": "Postmark",
    "hubspotemail.net": "HubSpot",
    "salesforce.com": "Salesforce",
    "exacttarget.com": "Salesforce",
    "zendesk.com": "Zendesk",
    "freshdesk.com": "Freshdesk",
    "sendinblue.com": "Brevo",
    "brevo.com": "Brevo",
    "shopify.com": "Shopify",
    "kintone.com": "kintone",
    "cybozu.com": "Cybozu",
    "sakura.ne.jp": "さくらインターネット",
    "xserver.jp": "エックスサーバー",
    "lolipop.jp": "ロリポップ!",
    "heteml.jp": "heteml",
    "kagoya.net": "カゴヤ",
    "lineworks.com": "LINE WORKS",
    "benchmarkemail.com": "Benchmark Email",
    "bme.jp": "ブラストメール",
    "wixemails.com": "Wix",
}


class Origin(StrEnum):
    """Whose server it was."""

    OURS = "ours"
    #: It passed for the domain, or a service vouched for it that people use.
    KNOWN = "known"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A row of a report with whose server it was; `name` is a service's, `forwarded`, or ""."""

    row: Row
    origin: Origin
    name: str = ""


FORWARDED: Final = "forwarded"


def source_of(row: Row, *, domain: str, ours: Collection[str], selectors: Collection[str]) -> Source:
    """Says whose server the mail came from.

    `ours` are the addresses that we send from, `selectors` those that we sign with: what carries our
    signature and comes from elsewhere was forwarded by its recipient's server.
    """
    if row.source in ours:
        return Source(row=row, origin=Origin.OURS)
    passed = [one for one in (*row.dkim_results, *row.spf_results) if one.result == "pass"]
    if any(one.domain == domain and one.selector in selectors for one in passed):
        return Source(row=row, origin=Origin.KNOWN, name=FORWARDED)
    name = next((found for one in passed if (found := service_of(one.domain))), "")
    if row.aligned or name:
        return Source(row=row, origin=Origin.KNOWN, name=name)
    return Source(row=row, origin=Origin.UNKNOWN)


def service_of(host: str) -> str:
    """The service that a domain belongs to; "" where nobody knows."""
    labels = host.split(".")
    suffixes = (".".join(labels[start:]) for start in range(len(labels)))
    return next((SERVICES[one] for one in suffixes if one in SERVICES), "")


def merged(rows: Iterable[Row]) -> list[Row]:
    """The rows with those of the same source and end made one: there is one for each selector else."""
    first: dict[tuple[object, ...], Row] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    for row in rows:
        key = (row.source, row.disposition, row.dkim, row.spf, row.header_from)
        first.setdefault(key, row)
        counts[key] += row.count
    return [replace(row, count=counts[key]) for key, row in first.items()]
