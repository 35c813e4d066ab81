"""Content of API mail: what the caller wrote arrives as written, tracked or not."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Content
from delivery.exceptions import BadSubmission
from delivery.models.stream import Stream
from delivery.services.literal import escape, write_content
from delivery.services.submission_spec import AttachedFile
from relay_saas.mail.merge import parse_template
from tests.delivery.test_submission import SPEC

LIQUID = "{{ contact.email }} {% raw %}{%- if x -%} {{{{ }} {# #} a{color:red} {% assign x = 1 %}{"
ROUNDS = [
    LIQUID,
    "",
    "{",
    "{{",
    "{{{",
    "{%",
    "}}{{",
    "{https://a.test/}",
    "{{{{{{%%}}",
    "{{ unsubscribe_url }}",
]


def written(tenant: Tenant, domain: SendingDomain, **changes: Any) -> Content:
    with tenant_scope(tenant.pk):
        return write_content(tenant_id=tenant.pk, spec=replace(SPEC, **changes), domain=domain)


@pytest.mark.parametrize("text", ROUNDS)
@pytest.mark.parametrize("html", [True, False])
def test_an_escaped_text_renders_to_itself(text: str, *, html: bool) -> None:
    template = parse_template(escape(text), html=html)
    assert template.fields == ()
    assert template.render({}) == text


def test_only_the_unsubscribe_placeholder_is_left_in_force() -> None:
    template = parse_template(
        escape("{{ unsubscribe_url }} {{ contact.email }}", unsubscribe=True), html=False
    )
    assert template.fields == ("unsubscribe_url",)
    assert template.render({"unsubscribe_url": "https://t.test/u"}) == "https://t.test/u {{ contact.email }}"


def test_transactional_mail_is_kept_as_it_came(tenant: Tenant, domain: SendingDomain) -> None:
    content = written(tenant, domain, subject=LIQUID, html=LIQUID, text=LIQUID, headers=(("X-A", "b"),))
    assert (content.subject, content.html, content.text) == (LIQUID, LIQUID, LIQUID)
    assert not content.is_template
    assert not content.track_opens
    assert not content.track_clicks
    assert content.headers == [["X-A", "b"]]


def test_tracked_mail_reads_the_same_with_its_links_in_place(tenant: Tenant, domain: SendingDomain) -> None:
    html = (
        '<body><a href="https://shop.test/?a={{b}}&amp;c=1">Shop</a> <a href="mailto:a@b.test">m</a></body>'
    )
    content = written(tenant, domain, html=html, text="Go {https://shop.test/x}", track_clicks=True)
    with tenant_scope(tenant.pk):
        targets = list(content.links.order_by("index").values_list("target", flat=True))
    links = [parse_template(target, html=False).render({}) for target in targets]
    assert links == ["https://shop.test/?a={{b}}&c=1", "https://shop.test/x"]
    context = {"relay_link": ["https://t.test/c/0", "https://t.test/c/1"]}
    assert parse_template(content.html, html=True).render(context) == (
        '<body><a href="https://t.test/c/0">Shop</a> <a href="mailto:a@b.test">m</a></body>'
    )
    assert parse_template(content.text, html=False).render(context) == "Go {https://t.test/c/1}"
    assert content.is_template
    assert not content.track_opens


def test_marketing_is_tracked_unless_told_otherwise(tenant: Tenant, domain: SendingDomain) -> None:
    html = '<a href="https://a.test/">a</a><a href="{{ unsubscribe_url }}">stop</a>'
    content = written(tenant, domain, stream=Stream.MARKETING, html=html, text=None)
    assert "{{ relay_pixel }}" in content.html
    assert "{{ relay_link[0] }}" in content.html
    assert content.fields == ["unsubscribe_url"]
    assert content.text is None
    plain = written(tenant, domain, stream=Stream.MARKETING, html=html, track_opens=False, track_clicks=False)
    assert "relay_" not in plain.html
    assert plain.is_template


def test_a_link_that_may_not_be_sent_is_refused_where_links_are_tracked(
    tenant: Tenant, domain: SendingDomain
) -> None:
    with pytest.raises(BadSubmission) as caught:
        written(tenant, domain, html='<a href="javascript:alert(1)">x</a>', track_clicks=True)
    assert [(p.pointer, p.code) for p in caught.value.errors] == [("/html", "scheme_refused")]


def test_attachments_are_kept_in_base64(tenant: Tenant, domain: SendingDomain) -> None:
    files = (
        AttachedFile(name="a.pdf", content_type="application/pdf", content=b"\0\xff"),
        AttachedFile(name="b.png", content_type="image/png", content=b"", content_id="logo"),
    )
    content = written(tenant, domain, attachments=files)
    assert content.attachments == [
        {
            "name": "a.pdf",
            "content_type": "application/pdf",
            "content": base64.b64encode(b"\0\xff").decode(),
        },
        {"name": "b.png", "content_type": "image/png", "content": "", "content_id": "logo"},
    ]
