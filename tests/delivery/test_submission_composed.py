"""What was submitted is what the engine composes: literal text as it came, the relay's links and headers."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import SendingDomain, Tenant
from accounts.selectors.signing import SIGNING_KEYS_SQL, signing_key
from accounts.tenancy import tenant_scope
from delivery.engine.compose import Composer
from delivery.engine.content import _CONTENT, prepare
from delivery.engine.job import Job
from delivery.inbound.address import token_keys, token_of
from delivery.models import Message, QueueEntry
from delivery.models.stream import Stream
from delivery.services.submission import submit
from delivery.services.submission_spec import AttachedFile, Mailbox
from relay_saas.mail.tokens import Purpose
from tests.delivery.test_submission import SPEC
from tests.delivery.test_submission_literal import LIQUID

AT = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def composed(tenant: Tenant, **changes: Any) -> list[tuple[str, Any]]:
    """Envelope sender and parsed message of each copy, in the order of the request."""
    accepted = submit(tenant_id=tenant.pk, spec=replace(SPEC, **changes))
    keys = token_keys()
    scheme, _, port = settings.RELAY_EDGE_SCHEME_PORT.partition("::")
    composer = Composer(token_keys=keys, edge_scheme=scheme, edge_port=f":{port}" if port else "")
    found = []
    with tenant_scope(tenant.pk):
        for message in Message.objects.filter(submission_id=accepted.submission.pk).order_by("id"):
            content = prepare(*_row(tenant.pk, message.content_id))
            outgoing = composer.compose(_job(tenant, message), content, dated_at=AT)
            found.append((outgoing.mail_from, message_from_bytes(outgoing.data, policy=policy.default)))
    return found


def _row(tenant_id: UUID, content_id: int) -> tuple[dict[str, Any], list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_CONTENT, [tenant_id, content_id])
        columns = [column.name for column in cursor.description]
        values = [_json(column, value) for column, value in zip(columns, cursor.fetchone(), strict=True)]
        row = dict(zip(columns, values, strict=True))
        cursor.execute(SIGNING_KEYS_SQL, [tenant_id, row["sending_domain_id"]])
        return row, [signing_key(tenant_id, *item) for item in cursor.fetchall()]


def _json(column: str, value: Any) -> Any:
    # Django's connections leave jsonb as text.
    return json.loads(value) if column in {"headers", "attachments"} else value


def _job(tenant: Tenant, message: Message) -> Job:
    entry = QueueEntry.objects.get(message_id=message.id)
    return Job(
        tenant_id=tenant.pk, tenant_number=tenant.number, message_id=message.id, fence=1,
        lane_id=entry.lane_id, pool_id=1, source_id=None, site_id=1, provider_id=0, domain="",
        stream=message.stream, campaign_id=None, contact_id=None, content_id=message.content_id,
        rcpt=message.rcpt, rcpt_key=message.rcpt_key, merge=message.merge, attempts=0, doubts=0,
        dated_at=None, due_at=entry.next_attempt_at, expires_at=entry.expires_at, blocked="",
    )  # fmt: skip


def test_literal_text_arrives_as_it_was_written(tenant: Tenant, domain: SendingDomain) -> None:
    file = AttachedFile(name="請求書.pdf", content_type="application/pdf", content=b"%PDF \0\xff")
    ((mail_from, message),) = composed(
        tenant, subject=LIQUID, text=LIQUID, html=LIQUID, headers=(("X-Order", "17"),), attachments=(file,)
    )
    assert message["Subject"] == LIQUID
    assert message.get_body(("plain",)).get_content().rstrip("\r\n") == LIQUID
    assert message.get_body(("html",)).get_content().rstrip("\r\n") == LIQUID
    assert message["X-Order"] == "17"
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("請求書.pdf", b"%PDF \0\xff")
    assert message["List-Unsubscribe"] is None
    assert len(message.get_all("DKIM-Signature")) == 2
    token = token_of(mail_from, token_keys())
    assert token is not None
    assert (token.purpose, token.tenant) == (Purpose.RETURN_PATH, tenant.number)


def test_marketing_by_api_has_links_pixel_and_one_click(tenant: Tenant, domain: SendingDomain) -> None:
    html = '<a href="https://shop.test/">s</a> {{ name }} <a href="{{ unsubscribe_url }}">stop</a>'
    ((_, message),) = composed(tenant, stream=Stream.MARKETING, html=html, text="{{ unsubscribe_url }}")
    body = message.get_body(("html",)).get_content()
    one_click = re.search(r"<(http[^>]+)>", message["List-Unsubscribe"])
    assert one_click is not None
    assert f'<a href="{one_click[1]}">stop</a>' in body
    assert message.get_body(("plain",)).get_content().strip() == one_click[1]
    assert re.search(r'<a href="https?://t\.news\.acme\.test[:\d]*/c/c[a-z2-7]{56}">s</a> {{ name }}', body)
    assert re.search(r'<img src="https?://t\.news\.acme\.test[:\d]*/o/o[a-z2-7]{56}\.gif"', body)


@pytest.mark.parametrize("bcc", ["c@one.test"])
def test_everybody_sees_to_and_cc_and_nobody_bcc(tenant: Tenant, domain: SendingDomain, bcc: str) -> None:
    copies = composed(
        tenant,
        to=(Mailbox(address="a@one.test", name="山田太郎"), Mailbox(address="b@two.test")),
        cc=(Mailbox(address="d@two.test", name="Boss"),),
        bcc=(Mailbox(address=bcc),),
    )
    assert len(copies) == 4
    assert len({mail_from for mail_from, _ in copies}) == 4
    for _, message in copies:
        assert [address.addr_spec for address in message["To"].addresses] == ["a@one.test", "b@two.test"]
        assert message["To"].addresses[0].display_name == "山田太郎"
        assert message["Cc"] == "Boss <d@two.test>"
        assert bcc not in message.as_string()
