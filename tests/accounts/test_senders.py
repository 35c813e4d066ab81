"""Senders: below a verified domain of their own organization, and always one default."""

import pytest
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.exceptions import BadSender
from accounts.models import AuditEvent, Sender, SendingDomain, Tenant
from accounts.selectors.senders import all_senders, senders_of
from accounts.services.senders import SenderDraft, create_sender, delete_sender, update_sender
from accounts.tenancy import tenant_scope
from relay_saas.web.errors import NotFound


def verified(tenant: Tenant, name: str = "news.acme.test", *, state: str = "verified") -> SendingDomain:
    with tenant_scope(tenant.pk):
        return SendingDomain.objects.create(
            tenant_id=tenant.pk, name=name, label=name, state=state, verified_at=timezone.now()
        )


def create(tenant: Tenant, address: str = "hello@news.acme.test", **values: object) -> Sender:
    draft = SenderDraft(name="Acme", address=address, **values)
    return create_sender(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)


def defaults(tenant: Tenant) -> list[str]:
    return [sender.address for sender in all_senders(tenant.pk) if sender.is_default]


def test_the_first_sender_is_the_default_and_another_one_can_take_its_place(tenant: Tenant) -> None:
    verified(tenant)
    create(tenant)
    assert defaults(tenant) == ["hello@news.acme.test"]
    create(tenant, "shop@news.acme.test")
    assert defaults(tenant) == ["hello@news.acme.test"]
    create(tenant, "news@news.acme.test", is_default=True)
    assert defaults(tenant) == ["news@news.acme.test"]


def test_when_the_default_goes_the_next_one_follows(tenant: Tenant) -> None:
    verified(tenant)
    first, _second = create(tenant), create(tenant, "shop@news.acme.test")
    delete_sender(tenant_id=tenant.pk, sender_id=first.pk, actor=SYSTEM)
    assert defaults(tenant) == ["shop@news.acme.test"]
    with tenant_scope(tenant.pk):
        assert AuditEvent.objects.latest("id").changes == {"address": "hello@news.acme.test"}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"address": "nobody"}, "bad_address"),
        ({"address": "a@b@news.acme.test"}, "bad_address"),
        ({"address": "hello@elsewhere.test"}, "domain_unknown"),
        ({"address": "hello@waits.acme.test"}, "domain_not_verified"),
        ({"address": "hello@news.acme.test"}, "sender_exists"),
        ({"address": "x@news.acme.test", "reply_to": "no"}, "bad_reply_to"),
        ({"address": "x@news.acme.test", "name": "a\x00"}, "bad_name"),
        ({"address": "x@news.acme.test", "name": "a" * 201}, "bad_name"),
    ],
)
def test_what_cannot_send_is_refused_by_name(tenant: Tenant, values: dict[str, str], code: str) -> None:
    verified(tenant)
    verified(tenant, "waits.acme.test", state="pending")
    create(tenant)
    with pytest.raises(BadSender) as refused:
        create_sender(tenant_id=tenant.pk, draft=SenderDraft(**({"name": "Acme"} | values)), actor=SYSTEM)
    assert refused.value.code == code


def test_another_organizations_domain_is_as_unknown_as_any(tenant: Tenant, other_tenant: Tenant) -> None:
    verified(other_tenant, "news.globex.test")
    with pytest.raises(BadSender) as refused:
        create(tenant, "hello@news.globex.test")
    assert refused.value.code == "domain_unknown"


def test_a_campaign_may_choose_only_from_those_whose_domain_is_verified_now(tenant: Tenant) -> None:
    domain = verified(tenant)
    create(tenant)
    assert [sender.address for sender in senders_of(tenant.pk)] == ["hello@news.acme.test"]
    with tenant_scope(tenant.pk):
        SendingDomain.objects.filter(pk=domain.pk).update(state=SendingDomain.State.BROKEN)
    assert senders_of(tenant.pk) == []
    assert len(all_senders(tenant.pk)) == 1


def test_a_sender_is_changed_and_a_foreign_one_is_not_found(tenant: Tenant, other_tenant: Tenant) -> None:
    verified(tenant)
    sender = create(tenant)
    draft = SenderDraft(name=" 日の出  ストア ", address="shop@news.acme.test", reply_to="desk@acme.test")
    changed = update_sender(tenant_id=tenant.pk, sender_id=sender.pk, draft=draft, actor=SYSTEM)
    assert (changed.name, changed.address, changed.is_default) == (
        "日の出 ストア",
        "shop@news.acme.test",
        True,
    )
    with pytest.raises(NotFound):
        update_sender(tenant_id=other_tenant.pk, sender_id=sender.pk, draft=draft, actor=SYSTEM)
