"""What a batch of failures does beyond its messages, written by a queue run's own role."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings
from psycopg import AsyncConnection
from structlog.testing import capture_logs

from accounts.tenancy import tenant_scope
from campaigns.models import Suppression
from delivery.engine.consequences import follow
from delivery.engine.job import Record
from delivery.models import AttemptState, Message, PolicyState
from delivery.models.stream import Stream
from relay_saas.mail.bounces import EFFECTS, Category, strikes
from tests.integration.organizations import Organization, make_organization

pytestmark = pytest.mark.usefixtures("committed")

AUTH = "550 5.7.26 The mail of <reader@shop.test> is not authenticated"


def refusal(
    shop: Organization, category: Category, *, number: int = 0, reply: str = AUTH, host: str = ""
) -> Record:
    """An attempt that ended for good; `number` tells the messages of one organization apart."""
    effect = EFFECTS[category]
    message_id = UUID(int=shop.message_id.int ^ number << 20)
    state = AttemptState.BOUNCED if effect.final == "bounced" else AttemptState.FAILED
    return Record(
        tenant_id=shop.tenant.pk, message_id=message_id, fence=1, number=1, state=state, at=datetime.now(UTC),
        campaign_id=shop.campaign.pk, category=str(category), code=550, rule="x.7.26-authentication",
        reply=reply, host=host, rcpt_key=shop.contact.email_key, strikes=strikes(category, host),
        within_days=effect.within_days,
    )  # fmt: skip


def write(*records: Record) -> None:
    """The attempts, then what follows, in one transaction."""

    async def run() -> None:
        connection = await AsyncConnection.connect(settings.DATABASE_DISPATCH_URL)
        async with connection, connection.transaction():
            for record in records:
                await connection.execute(
                    "insert into delivery_attempt (tenant_id, message_id, number, campaign_id, state,"
                    " category) values (%s, %s, 1, %s, %s, %s)",
                    [
                        record.tenant_id,
                        record.message_id,
                        record.campaign_id,
                        record.state.value,
                        record.category,
                    ],
                )
            await follow(connection, records)

    asyncio.run(run())


def suppression(shop: Organization) -> Suppression | None:
    with tenant_scope(shop.tenant.pk):
        return Suppression.objects.first()


def policies(shop: Organization) -> list[PolicyState]:
    return list(PolicyState.objects.filter(tenant_id=shop.tenant.pk))


def test_an_unknown_address_is_suppressed_for_a_day() -> None:
    shop = make_organization()
    write(refusal(shop, Category.RECIPIENT_UNKNOWN, reply="550 5.1.1 unknown"))
    row = suppression(shop)
    assert row is not None
    assert (row.rule, row.reason, row.message_id) == ("x.7.26-authentication", "bounced", shop.message_id)
    assert row.provisional_until is not None
    assert row.provisional_until > datetime.now(UTC) + timedelta(hours=23)


def test_a_japanese_carrier_has_to_say_it_twice() -> None:
    shop = make_organization()
    write(refusal(shop, Category.RECIPIENT_UNKNOWN, host="mfsmax.docomo.ne.jp"))
    assert suppression(shop) is None
    again = UUID(int=shop.message_id.int ^ 1 << 20)
    with tenant_scope(shop.tenant.pk):
        first = Message.objects.get(id=shop.message_id)
        first.pk = first.id = again
        first.save(force_insert=True)
    write(refusal(shop, Category.RECIPIENT_UNKNOWN, number=1, host="mfsmax.docomo.ne.jp"))
    assert suppression(shop) is not None


@pytest.mark.parametrize(
    "category",
    [one for one in Category if EFFECTS[one].strikes is None and not EFFECTS[one].pause_domain_after],
)
def test_nobody_is_suppressed_for_what_is_not_the_addresss_fault(category: Category) -> None:
    shop = make_organization()
    write(*(refusal(shop, category, number=number) for number in range(5)))
    assert suppression(shop) is None
    assert policies(shop) == []


def test_the_third_failed_proof_of_origin_pauses_the_domains_marketing() -> None:
    shop, other = make_organization(), make_organization()
    write(refusal(shop, Category.AUTH_FAILURE), refusal(other, Category.AUTH_FAILURE))
    write(refusal(shop, Category.AUTH_FAILURE, number=1))
    assert policies(shop) == []
    write(refusal(shop, Category.AUTH_FAILURE, number=2), refusal(other, Category.AUTH_FAILURE, number=1))
    (policy,) = policies(shop)
    assert (policy.action, policy.domain, policy.stream) == ("suspend", shop.domain.name, Stream.MARKETING)
    assert (policy.rule, policy.set_by) == ("x.7.26-authentication", "engine")
    assert "@" not in policy.evidence
    assert policy.until is not None
    assert policies(other) == []
    write(refusal(shop, Category.AUTH_FAILURE, number=3))
    assert len(policies(shop)) == 1
    assert suppression(shop) is None


def test_what_is_our_fault_is_told_to_the_operator() -> None:
    shop = make_organization()
    blocked = [refusal(shop, Category.REPUTATION_BLOCK, number=n, host="mx.giant.test") for n in range(3)]
    with capture_logs() as told:
        write(*blocked)
        write(refusal(shop, Category.RECIPIENT_UNKNOWN, number=4))
    (line,) = told
    assert (line["category"], line["host"], line["messages"]) == ("reputation_block", "mx.giant.test", 3)
    assert line["log_level"] == "warning"
