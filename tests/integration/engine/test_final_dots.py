"""A line with nothing but a dot, with every mixture of line ends around it: text, and never the end of a
message (SMTP smuggling)."""

import base64
import json
import re
import secrets
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import product

import pytest
from django.test import Client

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.api_keys import issue_key
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, ContactField
from campaigns.services.campaigns import CampaignDraft, create_campaign
from campaigns.services.fields import create_field
from campaigns.services.launch import request_launch
from delivery.models import Message
from delivery.services.expand import write_messages
from tests.delivery.builders import make_contacts, make_list
from tests.integration.scripted_server import ScriptedServer

ENDS = {"crlf": "\r\n", "lf": "\n", "cr": "\r"}
VARIANTS = {f"{a}-{b}": f"{ENDS[a]}.{ENDS[b]}" for a, b in product(ENDS, repeat=2)}
#: What a receiver would take for a second message.
SECOND = "MAIL FROM:<eve@evil.test>{0}RCPT TO:<bob@evil.test>{0}DATA{0}Subject: forged{0}{0}forged"
BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
ALLOWED = (b"EHLO", b"MAIL FROM:<b", b"RCPT TO:<", b"DATA", b"RSET", b"QUIT")


def smuggled(variant: str) -> str:
    """Text with the dot twice: before what would be a second message, and after it."""
    end = VARIANTS[variant]
    return f"first{end}{SECOND.format(end[-1])}{end}last"


def launch(tenant: Tenant, domain: SendingDomain, variant: str, address: str) -> None:
    """A campaign to one person, whose own field holds the dots as well."""
    mailing_list = make_list(tenant.pk, secrets.token_hex(4))
    make_contacts(tenant.pk, mailing_list, [address])
    with tenant_scope(tenant.pk):
        Contact.objects.filter(email=address).update(attrs={"first_name": smuggled(variant)})
    body = smuggled(variant)
    footer = "{{ sender.legal_name }} {{ sender.postal_address }} {{ sender.contact_address }}"
    draft = CampaignDraft(
        name=variant,
        mailing_list_id=mailing_list.pk,
        from_address=f"news@{domain.name}",
        subject="News for {{ contact.first_name }}",
        markup="html",
        html_source=f"<html><body><pre>{body}</pre><pre>{{{{ contact.first_name }}}}</pre><p>{footer}</p>"
        '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>',
        text_source=f"{body}\n{{{{ contact.first_name }}}}\n{footer}\n{{{{ unsubscribe_url }}}}\n",
    )
    campaign = create_campaign(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)
    request_launch(tenant_id=tenant.pk, campaign_id=campaign.pk, actor=SYSTEM)
    write_messages(tenant_id=tenant.pk, campaign_id=campaign.pk)


def post(secret: str, domain: SendingDomain, to: str, **fields: object) -> int:
    """The status of a submission by the API."""
    body = {"from": f"shop@{domain.name}", "to": [to], "subject": "x", **fields}
    response = Client().post(
        "/api/v1/emails",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    return response.status_code


@pytest.fixture
def tenant(committed: None) -> Tenant:
    """An organization with what the law asks for."""
    return create_tenant(
        slug=f"t{secrets.token_hex(6)}",
        name="Acme",
        actor=SYSTEM,
        legal_name="Acme K.K.",
        postal_address="1-2-3 Marunouchi, Tokyo",
        contact_address="support@acme.test",
    )


@pytest.fixture
def secret(tenant: Tenant) -> str:
    """An API key that may send."""
    return issue_key(tenant_id=tenant.pk, name="shop", scopes=["messages.send"], actor=SYSTEM)[1]


def dots(part: EmailMessage | None) -> int:
    """Lines of a part that hold a dot and nothing else."""
    assert part is not None
    return [line.strip() for line in part.get_content().splitlines()].count(".")


def test_each_mixture_of_line_ends_around_a_dot_is_one_message_with_the_dot_in_its_text(
    name: str,
    tenant: Tenant,
    domain: SendingDomain,
    secret: str,
    send: Callable[..., ScriptedServer],
) -> None:
    create_field(
        tenant_id=tenant.pk, key="first_name", label="First name", kind=ContactField.Kind.TEXT, actor=SYSTEM
    )
    for variant in VARIANTS:
        launch(tenant, domain, variant, f"c-{variant}@{name}")
        body = smuggled(variant)
        file = {
            "name": "a.txt",
            "content_type": "text/plain",
            "content": base64.b64encode(body.encode()).decode(),
        }
        html = f"<pre>{body}</pre>"
        to = f"a-{variant}@{name}"
        assert post(secret, domain, to, text=body, html=html, attachments=[file]) == 202
    server = send({(name, "MX"): [f"10 mx.{name}."], (f"mx.{name}", "A"): ["127.0.0.1"]})

    received = [raw for _, raw in server.messages]
    assert not [raw for raw in received if BARE.search(raw)]
    assert {raw.count(b"\r\n.\r\n") for raw in received} == {1}
    assert not [line for seen in server.connections for line in seen.commands if not line.startswith(ALLOWED)]
    assert sum(line == b"DATA" for seen in server.connections for line in seen.commands) == len(received)
    found = {}
    for raw in received:
        message = message_from_bytes(raw[:-3].replace(b"\r\n..", b"\r\n."), policy=policy.default)
        found[message["To"].addresses[0].addr_spec] = message
    assert set(found) == {f"{kind}-{variant}@{name}" for kind in "ac" for variant in VARIANTS}
    assert len(received) == len(found)
    for address, message in found.items():
        each = 4 if address.startswith("c") else 2
        assert [dots(message.get_body((kind,))) for kind in ("plain", "html")] == [each, each], address
        assert b"\n" not in str(message["Subject"]).encode()
    for variant in VARIANTS:
        (attached,) = found[f"a-{variant}@{name}"].iter_attachments()
        assert attached.get_payload(decode=True) == smuggled(variant).encode()


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_header_that_holds_them_is_refused(
    variant: str, tenant: Tenant, domain: SendingDomain, secret: str, config: object
) -> None:
    text = smuggled(variant)
    to = f"a@{tenant.slug}.example.test"
    assert post(secret, domain, to, text="x", subject=text) == 422
    assert post(secret, domain, to, text="x", headers=[{"name": "X-Order", "value": text}]) == 422
    assert post(secret, domain, to, text="x", reply_to=text) == 422
    assert post(secret, domain, text, text="x") == 422
    with tenant_scope(tenant.pk):
        assert not Message.objects.exists()
