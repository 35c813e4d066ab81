"""Mail by API about a topic on the wire: whom it reaches, what its headers say, and what they lead to."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, Subscription
from delivery.engine.config import EngineConfig
from delivery.models import Attempt, AttemptState
from delivery.models.stream import Stream
from delivery.services.submission import submit
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from relay_saas.mail.addresses import parse_address
from tests.delivery.builders import make_contacts, make_list
from tests.integration.scripted_server import ScriptedServer


def test_a_topics_mail_goes_to_all_but_who_has_left_meanwhile_and_names_its_list(
    config: EngineConfig,
    tenant: Tenant,
    domain: SendingDomain,
    name: str,
    send: Callable[..., ScriptedServer],
) -> None:
    on, off, other, stranger, returned = (
        f"{who}@{name}" for who in ("on", "off", "other", "stranger", "returned")
    )
    news = make_list(tenant.pk, "Product news")
    make_contacts(tenant.pk, news, [on, off, other])
    with tenant_scope(tenant.pk):
        Subscription.objects.filter(contact__email=other).delete()
    spec = SubmissionSpec(
        from_=Mailbox(address=f"shop@{domain.name}"),
        to=tuple(Mailbox(address=address) for address in (on, off, other, stranger, returned)),
        subject="New",
        text="See {{ unsubscribe_url }}",
        stream=Stream.MARKETING,
        topic_id=news.pk,
    )
    submit(tenant_id=tenant.pk, spec=spec)
    with tenant_scope(tenant.pk):
        # They leave after it was taken, and what waits is not touched: the claim looks again.
        Subscription.objects.filter(contact__email=off).update(state=Subscription.State.UNSUBSCRIBED)
        address = parse_address(returned)
        contact = Contact.objects.create(
            tenant_id=tenant.pk, email=returned, email_key=address.key, domain=address.domain
        )
        Subscription.objects.create(
            tenant_id=tenant.pk, mailing_list=news, contact=contact, state=Subscription.State.UNSUBSCRIBED
        )
    receiver = send({(name, "MX"): [f"10 mx.{name}."], (f"mx.{name}", "A"): ["127.0.0.1"]})
    raw = [octets for seen in receiver.connections for _token, octets in seen.messages]
    found = [message_from_bytes(octets, policy=policy.default) for octets in raw]
    assert len(found) == 3
    for message in found:
        assert message["List-Id"] == f"Product news <list-{news.pk}.{domain.name}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert re.search(r"<https?://[^>]+/u/[^>]+>", message["List-Unsubscribe"])
    with tenant_scope(tenant.pk):
        ended = Attempt.objects.filter(state=AttemptState.SUPPRESSED).values_list("category", flat=True)
        assert list(ended) == ["unsubscribed"] * 2
        assert Attempt.objects.filter(state=AttemptState.DELIVERED).count() == 3
