"""A domain whose records broke holds its running campaigns, and no other mail; mended, they go on."""

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from delivery.models import PolicyState, Scope
from delivery.selectors.policies import active_policies
from delivery.services.domain_gates import keep_domain_gates
from delivery.services.policy import suspend
from tests.delivery.builders import make_campaign, make_domain, make_list


def test_a_broken_domains_running_campaigns_are_held_until_it_is_mended(db: None) -> None:
    tenant: Tenant = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    broken, sound = make_domain(tenant.pk, "news.acme.test"), make_domain(tenant.pk, "mail.acme.test")
    people = make_list(tenant.pk)
    held, sent, other = (make_campaign(tenant.pk, people, one) for one in (broken, broken, sound))
    by_hand = suspend(scope=Scope(tenant_id=tenant.pk), reason="asked for", set_by="operator")
    with tenant_scope(tenant.pk):
        Campaign.objects.filter(pk__in=[held, other]).update(state=Campaign.State.SENDING)
        Campaign.objects.filter(pk=sent).update(state=Campaign.State.SENT)
        SendingDomain.objects.filter(pk=broken.pk).update(state=SendingDomain.State.BROKEN)
    assert keep_domain_gates() == (1, 0)
    assert keep_domain_gates() == (0, 0)
    gate = PolicyState.objects.get(rule="domain_drift")
    assert (gate.campaign_id, gate.domain, gate.tenant_id) == (held, "news.acme.test", tenant.pk)
    with tenant_scope(tenant.pk):
        SendingDomain.objects.update(state=SendingDomain.State.VERIFIED)
    assert keep_domain_gates() == (0, 1)
    assert [policy.pk for policy in active_policies()] == [by_hand.pk]
