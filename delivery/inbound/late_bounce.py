"""A bounce that comes after the 250: the attempt, the sums and the suppression that follow from it."""

from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounts.tenancy import tenant_scope
from delivery.engine.reply_text import digest, normalise
from delivery.models import Attempt, AttemptState, Message, Reply
from delivery.services.bounce_notice import ask_again
from delivery.services.settle import ADD_DELTAS, CONTROL_SHARD
from delivery.services.stop import suppress_queued
from delivery.services.strikes import STRIKE, Strike, strike_parameters
from relay_saas.mail.bounces import EFFECTS, Verdict, classify, strikes
from relay_saas.mail.dsn import Dsn
from relay_saas.mail.replies import Stage

#: Compare-and-set: only the next number after a delivery or a doubt, and what it adds to one sum it takes
#: from the other. The delivery is taken back in the minute in which it was counted.
_WRITE: Final = f"""
with last as (
  select number, state, campaign_id, host, provider_id, source_id, at, dated_at from delivery_attempt
  where tenant_id = %(tenant)s and message_id = %(message)s order by number desc limit 1
), written as (
  insert into delivery_attempt (tenant_id, message_id, number, campaign_id, state, category, code, enhanced,
    stage, rule, reply_id, host, provider_id, source_id, dated_at)
  select %(tenant)s, %(message)s, number + 1, campaign_id, %(bounced)s, %(category)s, %(code)s, %(enhanced)s,
    %(stage)s, %(rule)s, %(reply)s, host, provider_id, source_id, dated_at
  from last where state = any(%(from)s) on conflict do nothing returning number
), deltas as (
  select coalesce(campaign_id, 0) as campaign_id, provider_id, state, date_trunc('minute', at) as minute,
    -1 as n from last where exists (select from written)
  union all
  select coalesce(campaign_id, 0), provider_id, %(bounced)s, date_trunc('minute', now()), 1
  from last where exists (select from written)
{ADD_DELTAS}select count(*) from written
"""  # noqa: S608 - our own text


def bounce_late(*, tenant_id: UUID, message_id: UUID, report: Dsn) -> bool:
    """Turns *delivered* or *in doubt* into *bounced*; False where the message is in any other state.

    `report` speaks of a permanent failure. An address that bounced as often as its class allows is suppressed
    for all mail.
    """
    with tenant_scope(tenant_id):
        message = Message.objects.filter(id=message_id).first()
        last = Attempt.objects.filter(message_id=message_id).order_by("-number").first()
        if message is None or last is None:
            return False
        verdict = classify(report.reply, Stage.OUT_OF_BAND, last.host)
        if not _write(message, verdict, report):
            return False
        _suppress(message, verdict, last.host, report)
        ask_again(tenant_id=tenant_id, message_id=message_id)
    return True


def _write(message: Message, verdict: Verdict, report: Dsn) -> bool:
    reply = report.reply
    values: dict[str, Any] = {
        "tenant": message.tenant_id,
        "message": message.id,
        "bounced": AttemptState.BOUNCED.value,
        "from": [AttemptState.DELIVERED.value, AttemptState.IN_DOUBT.value],
        "category": str(verdict.category),
        "code": reply.code,
        "enhanced": reply.enhanced or "",
        "stage": str(Stage.OUT_OF_BAND),
        "rule": verdict.rule,
        "reply": _reply_id(message.tenant_id, str(reply)),
        "shard": CONTROL_SHARD,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        return bool(cursor.fetchone()[0])


def _reply_id(tenant_id: UUID, text: str) -> int:
    said = normalise(text)
    row, _ = Reply.objects.get_or_create(tenant_id=tenant_id, digest=digest(said), defaults={"text": said})
    return row.pk


def _suppress(message: Message, verdict: Verdict, host: str, report: Dsn) -> None:
    allowed = strikes(verdict.category, host)
    if allowed is None:
        return
    strike = Strike(
        tenant_id=message.tenant_id,
        email_key=message.rcpt_key,
        message_id=message.id,
        category=verdict.category,
        rule=verdict.rule,
        reply=str(report.reply),
        strikes=allowed,
        within_days=EFFECTS[verdict.category].within_days,
    )
    with connection.cursor() as cursor:
        cursor.execute(STRIKE, strike_parameters([strike]))
        struck = cursor.rowcount > 0
    if struck:
        suppress_queued(tenant_id=message.tenant_id, email_key=message.rcpt_key, all_streams=True)
