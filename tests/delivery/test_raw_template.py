"""X-Relay-Template: a template's texts in a message that somebody else built."""

import pytest

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Template
from delivery.exceptions import BadSubmission
from relay_saas.web.prefixed import public_id
from tests.delivery.builders import make_domain
from tests.delivery.raw import FROM, accept, composed
from tests.delivery.test_raw_submission import code_of, parsed, verifies

pytestmark = pytest.mark.usefixtures("domain")

MIXED = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: text/plain\r\n\r\nreplace me\r\n--b\r\nContent-Type: %b\r\n--b--\r\n"
)


@pytest.fixture
def template(tenant: Tenant) -> str:
    with tenant_scope(tenant.pk):
        row = Template.objects.create(
            tenant_id=tenant.pk,
            name="Order",
            markup="html",
            html_source="<p>Hello {{ name }}, {{ order.number }}</p>",
            text_source="Hello {{ name }}",
        )
    return public_id("tpl", row.pk)


def with_template(template: str, body: bytes) -> bytes:
    head = f'X-Relay-Template: {template}\r\nX-Relay-Variables: {{"name": "Taro",\r\n'
    head += ' "order": {"number": 17}}\r\nSubject: For {{ name }}\r\n'
    return FROM + b"To: taro@gmail.test\r\nMessage-ID: <1@shop>\r\n" + head.encode() + body


@pytest.mark.parametrize(
    "body",
    [
        b"\r\nreplace me\r\n",
        MIXED % b"image/png\r\n\r\nPNG",
        MIXED.replace(b"mixed", b"alternative") % b"text/html\r\n\r\nreplace me",
    ],
    ids=["one text", "with a picture", "two texts"],
)
@pytest.mark.parametrize("tracked", [False, True])
def test_a_template_takes_the_place_of_the_texts(
    tenant: Tenant, domain: SendingDomain, template: str, body: bytes, tracked: bool
) -> None:
    raw = with_template(template, body)
    (outgoing,) = composed(tenant, accept(tenant, raw, track_opens=tracked))
    message = parsed(outgoing)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert "<p>Hello Taro, 17</p>" in html.get_content()
    assert ("/o/o" in html.get_content()) is tracked
    assert text.get_content().strip() == "Hello Taro"
    assert message["Subject"] == "For Taro"
    assert b"replace me" not in outgoing.data
    assert (b"PNG" in outgoing.data) is (b"PNG" in body)
    assert verifies(outgoing, domain)


def test_a_template_that_changed_makes_no_second_message(tenant: Tenant, template: str) -> None:
    raw = with_template(template, b"\r\nHi\r\n")
    accept(tenant, raw)
    with tenant_scope(tenant.pk):
        Template.objects.update(text_source="Changed")
    assert accept(tenant, raw).repeated


def test_templates_of_others_and_broken_variables_are_refused(tenant: Tenant, template: str) -> None:
    raw = with_template(template, b"\r\nHi\r\n")
    for wrong, code in (
        (raw.replace(template.encode(), b"tpl_nobodys"), "unknown_template"),
        (raw.replace(b'"Taro",', b'"Taro"'), "bad_option"),
        (with_template(template, b"Content-Type: image/png\r\n\r\nx\r\n"), "template_needs_text"),
    ):
        with pytest.raises(BadSubmission) as caught:
            accept(tenant, wrong)
        assert code_of(caught) == code
    other = create_tenant(slug="other", name="Other", actor=SYSTEM)
    make_domain(other.pk, "mail.other.test")
    with pytest.raises(BadSubmission) as caught:
        accept(other, raw.replace(b"news.acme.test", b"mail.other.test"))
    assert code_of(caught) == "unknown_template"
