"""Once more to those who did not get it: the forecast and the launch obey one rule."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, Subscription, Suppression
from campaigns.selectors.audience import Audience, campaign_audience
from campaigns.services.suppression import suppress
from delivery.models import Attempt, AttemptState, Message
from delivery.services.expand import write_messages
from tests.delivery.builders import make_campaign, make_contacts

State = AttemptState
FATES = {
    "got@one.test": (State.DEFERRED, State.DELIVERED),
    "late@one.test": (State.DELIVERED, State.BOUNCED),
    "soft@one.test": (State.BOUNCED,),
    "hard@one.test": (State.BOUNCED,),
    "old@one.test": (State.DEFERRED, State.EXPIRED),
    "doubt@one.test": (State.IN_DOUBT,),
    "open@one.test": (State.DEFERRED,),
    "new@one.test": (),
}
LEFT = "left@one.test"
WAITS = "waits@one.test"


@pytest.fixture
def first(tenant: Tenant, launched: Callable[..., int]) -> Campaign:
    """A campaign with every fate; LEFT was unsubscribed then, and is subscribed again."""
    campaign_id = launched(*(one for one in FATES if one != "new@one.test"), LEFT, WAITS)
    with tenant_scope(tenant.pk):
        left = Subscription.objects.filter(contact__email=LEFT)
        left.update(state="unsubscribed")
        write_messages(tenant_id=tenant.pk, campaign_id=campaign_id)
        left.update(state="subscribed")
        campaign = Campaign.objects.get(pk=campaign_id)
        for message in Message.objects.all():
            _attempts(message, FATES.get(message.rcpt, ()))
        make_contacts(tenant.pk, campaign.mailing_list, ["new@one.test"])
    suppress(
        tenant_id=tenant.pk,
        email_key="hard@one.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.BOUNCED,
    )
    return campaign


def _attempts(message: Message, fate: tuple[AttemptState, ...]) -> None:
    for number, state in enumerate(fate, 1):
        Attempt.objects.create(
            tenant_id=message.tenant_id, message_id=message.id, number=number, state=state,
            campaign_id=message.campaign_id, at=timezone.now(),
        )  # fmt: skip


@pytest.fixture
def again(tenant: Tenant, domain: SendingDomain, first: Campaign) -> Callable[..., Campaign]:
    """`again(doubts=True)` makes a repeat that waits for its messages."""

    def again(*, doubts: bool = False) -> Campaign:
        with tenant_scope(tenant.pk):
            campaign_id = make_campaign(tenant.pk, first.mailing_list, domain)
            Campaign.objects.filter(pk=campaign_id).update(repeat_of=first, repeat_doubts=doubts)
            return Campaign.objects.get(pk=campaign_id)

    return again


def written(campaign: Campaign) -> set[str]:
    write_messages(tenant_id=campaign.tenant_id, campaign_id=campaign.pk)
    with tenant_scope(campaign.tenant_id):
        return set(Message.objects.filter(campaign_id=campaign.pk).values_list("rcpt", flat=True))


MISSED = {"late@one.test", "soft@one.test", "old@one.test", "new@one.test", LEFT}


def test_it_goes_to_those_alone_who_have_no_delivered_message(again: Callable[..., Campaign]) -> None:
    repeat = again()
    forecast = campaign_audience(repeat)
    assert written(repeat) == MISSED
    assert forecast == Audience(
        total=10, reachable=5, unsubscribed=0, suppressed=1, smtputf8=0, received=1, waiting=2, in_doubt=1
    )
    with tenant_scope(repeat.tenant_id):
        left_out = Campaign.objects.get(pk=repeat.pk).left_out
    assert left_out == forecast.left_out == {"suppressed": 1, "received": 1, "waiting": 2, "in_doubt": 1}


def test_the_doubtful_get_it_where_a_person_chose_so(again: Callable[..., Campaign]) -> None:
    repeat = again(doubts=True)
    assert campaign_audience(repeat).in_doubt == 0
    assert written(repeat) == MISSED | {"doubt@one.test"}


def test_a_second_repeat_spares_whom_the_first_one_reached_or_still_may_reach(
    again: Callable[..., Campaign],
) -> None:
    one, two = again(), again()
    written(one)
    with tenant_scope(one.tenant_id):
        soft = Message.objects.get(campaign_id=one.pk, rcpt="soft@one.test")
        _attempts(soft, (State.EXPIRED,))
    assert campaign_audience(two).waiting == 2 + 4
    assert written(two) == {"soft@one.test"}


def test_it_is_written_once(again: Callable[..., Campaign]) -> None:
    repeat = again()
    assert written(repeat) == written(repeat) == MISSED
