"""What follows from a batch of failures beyond its messages: suppressions, paused domains, alerts."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from psycopg import AsyncConnection

from delivery.engine.job import Record
from delivery.engine.policy import raise_policy
from delivery.engine.reply_text import normalise
from delivery.models.ledger import AttemptState
from delivery.models.policy import Scope
from delivery.models.stream import Stream
from delivery.services.strikes import STRIKE, Strike, strike_parameters
from relay_saas.mail.bounces import EFFECTS, Category

LOG = structlog.get_logger(__name__)

_REFUSED: Final = (AttemptState.BOUNCED, AttemptState.FAILED)

#: The domain of a campaign with so many failures of a class; counting ends there.
_DOMAIN: Final = """
select d.name from campaigns_campaign c
join campaigns_content t on t.tenant_id = c.tenant_id and t.id = c.content_id
join accounts_sendingdomain d on d.tenant_id = t.tenant_id and d.id = t.sending_domain_id
where c.tenant_id = %(tenant)s and c.id = %(campaign)s and %(most)s <= (
  select count(*) from (select from delivery_attempt a where a.tenant_id = %(tenant)s
    and a.campaign_id = %(campaign)s and a.state = %(failed)s and a.category = %(category)s limit %(most)s) f)
"""


async def follow(connection: AsyncConnection, records: Sequence[Record]) -> None:
    """In the transaction that wrote these attempts."""
    refused = [record for record in records if record.state in _REFUSED and record.category in set(Category)]
    if not refused:
        return
    await _strike(connection, refused)
    await _pause_domains(connection, refused)
    _alert(refused)


async def _strike(connection: AsyncConnection, refused: Sequence[Record]) -> None:
    strikes = [
        Strike(
            tenant_id=record.tenant_id,
            email_key=record.rcpt_key,
            message_id=record.message_id,
            category=Category(record.category),
            rule=record.rule,
            reply=record.reply,
            strikes=record.strikes,
            within_days=record.within_days,
        )
        for record in refused
        if record.strikes is not None
    ]
    if strikes:
        await connection.execute(STRIKE, strike_parameters(strikes))


async def _pause_domains(connection: AsyncConnection, refused: Sequence[Record]) -> None:
    """More of a campaign whose proof of origin fails would be refused as well, and costs reputation."""
    seen: dict[tuple[UUID, int, str], Record] = {}
    for record in refused:
        if record.campaign_id is not None and EFFECTS[Category(record.category)].pause_domain_after:
            seen.setdefault((record.tenant_id, record.campaign_id, record.category), record)
    for record in seen.values():
        await _pause_domain(connection, record)


async def _pause_domain(connection: AsyncConnection, record: Record) -> None:
    effect = EFFECTS[Category(record.category)]
    values = {
        "tenant": record.tenant_id,
        "campaign": record.campaign_id,
        "failed": AttemptState.FAILED.value,
        "category": record.category,
        "most": effect.pause_domain_after,
    }
    row = await (await connection.execute(_DOMAIN, values)).fetchone()
    if row is None:
        return
    policy_id = await raise_policy(
        connection,
        scope=Scope(tenant_id=record.tenant_id, domain=row[0], stream=Stream.MARKETING.value),
        lasts=timedelta(hours=effect.pause_domain_hours),
        reason=f"Mail of {row[0]} is refused because its origin cannot be proved",
        rule=record.rule,
        evidence=normalise(record.reply),
    )
    LOG.warning(
        "domain paused", domain=row[0], tenant=str(record.tenant_id), rule=record.rule, policy=policy_id
    )


def _alert(refused: Sequence[Record]) -> None:
    counts = Counter(
        (record.category, record.rule, record.host)
        for record in refused
        if EFFECTS[Category(record.category)].alert
    )
    for (category, rule, host), messages in counts.items():
        LOG.warning(
            "mail refused through a fault of ours", category=category, rule=rule, host=host, messages=messages
        )
