"""What the pages of domains, senders, templates and pictures show in the browser tests."""

import io
import struct
import zlib
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts import audit
from accounts.audit import SYSTEM
from accounts.models import DkimKey, SendingDomain, SourceCheck, Tenant
from accounts.services.dns_records import SELECTORS, tenant_records
from accounts.services.dns_share import share_token
from accounts.services.domains import new_key
from accounts.services.senders import SenderDraft, create_sender
from accounts.tenancy import tenant_scope
from campaigns.services.media import upload_media
from campaigns.services.starters import find_starter
from campaigns.services.templates import TemplateDraft, archive_template, create_template
from tests.browser.story import HOSTILE

FAULTY = "<mjml><mj-body><mj-section><mj-column><mj-text>\n{{ contact.frist_name }}様\n</mj-text>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """Ids of what stands on the pages, and the token of a shared domain."""

    verified: int
    waiting: int
    sender: int
    template: int
    faulty: int
    picture: int
    share: str


def fill(tenant: Tenant) -> Assets:
    """Makes one of everything, right and wrong."""
    with tenant_scope(tenant.pk):
        verified = SendingDomain.objects.get(tenant_id=tenant.pk)
    waiting = _waiting(tenant)
    checked(verified, missing=())
    looked_at_closely(verified, _GOOD)
    looked_at_closely(waiting, _BAD)
    _source()
    for domain in (verified, waiting):
        with tenant_scope(tenant.pk):
            DkimKey.objects.bulk_create(new_key(domain, selector) for selector in SELECTORS)
    _announce_keys(verified)
    sender = SenderDraft(name="日の出ストア", address=f"news@{verified.name}", reply_to="support@hinode.test")
    first = create_sender(tenant_id=tenant.pk, draft=sender, actor=SYSTEM)
    other = SenderDraft(name=f"Shop {HOSTILE}", address=f"shop@{verified.name}")
    create_sender(tenant_id=tenant.pk, draft=other, actor=SYSTEM)
    templates = [
        _template(tenant, "毎月のニュースレター", find_starter("newsletter").source("ja")),
        _template(tenant, f"Offer {HOSTILE}", find_starter("announcement").source("en")),
        _template(tenant, "書きかけ", FAULTY),
        _template(tenant, "去年のお知らせ", find_starter("letter").source("ja")),
    ]
    archive_template(tenant_id=tenant.pk, template_id=templates[3], actor=SYSTEM)
    pictures = [
        _picture(tenant, 600, 240, "冬のセール.png", "雪の積もった木"),
        _picture(tenant, 80, 320, f"logo {HOSTILE}.png", ""),
    ]
    return Assets(
        verified=verified.pk,
        waiting=waiting.pk,
        sender=first.pk,
        template=templates[0],
        faulty=templates[2],
        picture=pictures[0],
        share=share_token(waiting),
    )


def png(width: int, height: int) -> bytes:
    """A picture that runs from blue to white."""
    rows = b"".join(b"\0" + bytes((11 + 244 * y // height, 92, 173)) * width for y in range(height))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _waiting(tenant: Tenant) -> SendingDomain:
    with tenant_scope(tenant.pk):
        domain = SendingDomain.objects.create(
            tenant_id=tenant.pk, name=f"mail.{tenant.slug}.test", label="k3v9q2m8x4"
        )
    return checked(domain, missing=("dkim_e2", "tracking"))


def checked(domain: SendingDomain, *, missing: tuple[str, ...]) -> SendingDomain:
    """The domain after a look at DNS in which these records are not there, the last with another value."""
    records = []
    for record in tenant_records(domain):
        kept = {"purpose": record.purpose, "type": record.type, "name": record.name, "value": record.value}
        gone = record.purpose in missing
        found = (["shops.example.net"] if record.purpose == "tracking" else []) if gone else [record.value]
        records.append(kept | {"found": found, "ok": not gone, "unknown": False})
    domain.records = records
    domain.zone = f"{domain.name.split('.', 1)[1]}"
    domain.checked_at = timezone.now() - timedelta(minutes=3)
    with tenant_scope(domain.tenant_id):
        domain.save()
    return domain


#: Code, state, reason, values and DNS's answers of each check.
Looked = tuple[tuple[str, str, str, dict[str, str | int], tuple[str, ...]], ...]
_GOOD: Looked = (
    ("ownership", "ok", "proven", {}, ("k3v9.rp.relay.test",)),
    ("dkim", "ok", "keys_found", {"keys": 2}, ()),
    ("spf", "ok", "spf_pass", {"lookups": 1, "voids": 0}, ("v=spf1 redirect=_spf.relay.test",)),
    ("alignment", "ok", "aligned", {"organization": "hinode.test"}, ()),
    ("dmarc", "warning", "dmarc_watching", {}, ("_dmarc.news.hinode.test: v=DMARC1; p=none",)),
    ("return_path", "ok", "bounces_arrive", {}, ("inbound.relay.test",)),
    ("tracking", "ok", "edge_answers", {}, ("203.0.113.20",)),
    ("from_name", "warning", "from_without_spf", {}, ("mx.hinode.test",)),
    ("block_lists", "unknown", "lists_refuse", {}, ("dbl.lists.test",)),
    ("mta_sts", "optional", "sts_absent", {}, ()),
    ("tls_rpt", "optional", "tls_rpt_absent", {}, ()),
    ("bimi", "optional", "bimi_not_ready", {}, ()),
)
_BAD: Looked = (
    ("ownership", "problem", "not_proven", {}, ()),
    ("dkim", "problem", "key_malformed", {"selector": "r1"}, (HOSTILE, "v=DKIM1; k=rsa; p=" + "MIIB" * 90)),
    ("spf", "problem", "spf_too_many_lookups", {"lookups": 14, "voids": 0}, ("v=spf1 include:a.test -all",)),
    ("dmarc", "problem", "dmarc_several", {}, ("v=DMARC1; p=none", "v=DMARC1; p=reject")),
    ("tracking", "problem", "edge_status", {}, ("104.16.0.1",)),
)


def _announce_keys(domain: SendingDomain) -> None:
    """What a change of keys begins with, without a name server that would take them."""
    with tenant_scope(domain.tenant_id):
        DkimKey.objects.filter(domain=domain, active=False).update(announced_at=timezone.now())
        audit.record(
            tenant_id=domain.tenant_id,
            actor=SYSTEM,
            verb="rotating",
            subject=domain,
            changes={"announced": ["e2", "r2"]},
        )


def looked_at_closely(domain: SendingDomain, checks: Looked) -> None:
    """Keeps what a closer look found."""
    domain.checks = [
        {"code": code, "state": state, "reason": reason, "values": values, "found": list(found)}
        for code, state, reason, values, found in checks
    ]
    domain.looked_at = timezone.now() - timedelta(minutes=3)
    with tenant_scope(domain.tenant_id):
        domain.save()


def _source() -> None:
    results: list[tuple[str, str, str, dict[str, str | int], list[str]]] = [
        ("ptr", "ok", "ptr_stands", {}, ["mx1.relay.test"]),
        ("block_lists", "ok", "not_listed", {"lists": 3}, []),
    ]
    names = ("code", "state", "reason", "values", "found")
    kept = [dict(zip(names, one, strict=True)) for one in results]
    SourceCheck.objects.create(
        address="203.0.113.10", helo="mx1.relay.test", results=kept, looked_at=timezone.now()
    )


def _template(tenant: Tenant, name: str, source: str) -> int:
    draft = TemplateDraft(name=name, html_source=source)
    return create_template(tenant_id=tenant.pk, draft=draft, actor=SYSTEM).pk


def _picture(tenant: Tenant, width: int, height: int, name: str, alt: str) -> int:
    file = io.BytesIO(png(width, height))
    return upload_media(tenant_id=tenant.pk, file=file, file_name=name, alt=alt, actor=SYSTEM).pk
