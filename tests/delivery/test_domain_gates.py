"""A domain whose records broke holds all that waits of it, and no other mail; mended, it goes on."""

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from delivery.engine.claim import Lane as BoardLane
from delivery.engine.policy import Policies, Policy
from delivery.models import Lane, PolicyAction, PolicyState, QueueEntry, Scope
from delivery.models.policy import DOMAIN_DRIFT
from delivery.models.stream import Stream
from delivery.selectors.policies import active_policies
from delivery.services.domain_gates import keep_domain_gates
from delivery.services.policy import suspend
from delivery.services.submission_spec import Mailbox
from tests.delivery.builders import make_campaign, make_domain, make_list
from tests.delivery.story import accepted


def stand(domain: SendingDomain, state: str) -> None:
    with tenant_scope(domain.tenant_id):
        SendingDomain.objects.filter(pk=domain.pk).update(state=state)


def lane_of(tenant: Tenant, message_id: object) -> Lane:
    with tenant_scope(tenant.pk):
        return Lane.objects.get(pk=QueueEntry.objects.get(message_id=message_id).lane_id)


def gates() -> Policies:
    return Policies(
        Policy(
            id=one.pk, scope=one.scope, action=PolicyAction(one.action), value=None, rule=one.rule,
            reason=one.reason, until=None,
        )
        for one in active_policies()
    )  # fmt: skip


def on_board(lane: Lane, sending_domain: str = "") -> BoardLane:
    return BoardLane(
        id=lane.pk, tenant_id=lane.tenant_id, pool_id=lane.pool_id, source_id=None, site_id=1, provider_id=1,
        stream=lane.stream, site_key="mx", campaign_id=lane.campaign_id,
        sending_domain=sending_domain or lane.sending_domain,
    )  # fmt: skip


def test_a_broken_domain_is_held_until_it_is_mended_and_what_was_set_by_hand_stays(db: None) -> None:
    tenant: Tenant = create_tenant(slug="acme", name="Acme", actor=SYSTEM)
    broken, sound = make_domain(tenant.pk, "news.acme.test"), make_domain(tenant.pk, "mail.acme.test")
    by_hand = suspend(scope=Scope(tenant_id=tenant.pk), reason="asked for", set_by="operator")
    stand(broken, SendingDomain.State.BROKEN)
    assert keep_domain_gates() == (1, 0)
    assert keep_domain_gates() == (0, 0)
    gate = PolicyState.objects.get(rule=DOMAIN_DRIFT)
    assert (gate.campaign_id, gate.domain, gate.tenant_id) == (None, "news.acme.test", tenant.pk)
    stand(broken, SendingDomain.State.VERIFIED)
    assert keep_domain_gates() == (0, 1)
    assert [policy.pk for policy in active_policies()] == [by_hand.pk]
    assert sound.state == SendingDomain.State.VERIFIED


def test_its_campaigns_are_held_and_those_of_other_domains_are_not(
    tenant: Tenant, domain: SendingDomain
) -> None:
    sound, people = make_domain(tenant.pk, "mail.acme.test"), make_list(tenant.pk)
    held, other = (make_campaign(tenant.pk, people, one) for one in (domain, sound))
    with tenant_scope(tenant.pk):
        Campaign.objects.update(state=Campaign.State.SENDING)
    stand(domain, SendingDomain.State.BROKEN)
    keep_domain_gates()
    lane = Lane(pk=1, tenant_id=tenant.pk, pool_id=1, stream=Stream.MARKETING, campaign_id=held)
    assert gates().blocks(on_board(lane, domain.name)) is not None
    lane.campaign_id = other
    assert gates().blocks(on_board(lane, sound.name)) is None


def test_mail_that_was_accepted_before_is_set_apart_and_the_other_domains_goes_on(
    tenant: Tenant, domain: SendingDomain
) -> None:
    make_domain(tenant.pk, "mail.acme.test")
    held = [accepted(tenant, f"p{number}@gmail.test") for number in range(3)]
    free = accepted(tenant, from_=Mailbox(address="shop@mail.acme.test"))
    shared = lane_of(tenant, free)
    assert lane_of(tenant, held[0]).pk == shared.pk
    stand(domain, SendingDomain.State.BROKEN)
    with tenant_scope(tenant.pk):
        # A run has it just now.
        QueueEntry.objects.filter(message_id=held[2]).update(run_id=held[2])
    keep_domain_gates()
    apart = lane_of(tenant, held[0])
    assert (apart.sending_domain, apart.pool_id, apart.site_id, apart.stream) == (
        "news.acme.test", shared.pool_id, shared.site_id, shared.stream,
    )  # fmt: skip
    assert {lane_of(tenant, one).pk for one in held[:2]} == {apart.pk}
    assert {lane_of(tenant, one).pk for one in (held[2], free)} == {shared.pk}
    assert gates().blocks(on_board(apart)) is not None
    assert gates().blocks(on_board(shared)) is None
    with tenant_scope(tenant.pk):
        QueueEntry.objects.filter(message_id=held[2]).update(run_id=None)
    keep_domain_gates()
    assert lane_of(tenant, held[2]).pk == apart.pk


def test_mended_it_goes_out_of_the_lane_it_stands_in_and_new_mail_shares_again(
    tenant: Tenant, domain: SendingDomain
) -> None:
    held = accepted(tenant)
    shared = lane_of(tenant, held)
    stand(domain, SendingDomain.State.BROKEN)
    keep_domain_gates()
    stand(domain, SendingDomain.State.VERIFIED)
    keep_domain_gates()
    assert gates().blocks(on_board(lane_of(tenant, held))) is None
    assert lane_of(tenant, accepted(tenant, "b@gmail.test")).pk == shared.pk


def test_another_organizations_domain_of_that_name_holds_nothing(
    tenant: Tenant, domain: SendingDomain
) -> None:
    other: Tenant = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    with tenant_scope(other.pk):
        SendingDomain.objects.create(
            tenant_id=other.pk, name=domain.name, label="x", state=SendingDomain.State.BROKEN
        )
    mine = accepted(tenant)
    keep_domain_gates()
    assert lane_of(tenant, mine).sending_domain == ""
    assert gates().blocks(on_board(lane_of(tenant, mine))) is None
