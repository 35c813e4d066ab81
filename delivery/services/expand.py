"""Writes the messages of a launched campaign: set-based and idempotent, one transaction, one ledger."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from campaigns.selectors.audience import people_parameters, people_sql
from campaigns.selectors.merge_names import field_defaults
from delivery.models import Launch
from delivery.models.stream import Stream
from delivery.services.queue_statistics import keep_queue_statistics
from delivery.services.sources import pool_id_for
from delivery.services.timings import longest_wait

#: The audience is decided once, so that counts and messages cannot disagree.
_AUDIENCE: Final = "create temp table delivery_expansion on commit drop as"
#: Repeats of one campaign look at each other's messages: they are written one after the other.
_ONE_REPEAT: Final = "select pg_advisory_xact_lock(hashtextextended(%s, 20264))"

_DOMAINS: Final = """
insert into delivery_domain (name, state)
select distinct e.domain, 'unresolved' from delivery_expansion e
where e.reason = '' and not exists (select from delivery_domain d where d.name = e.domain)
order by e.domain on conflict (name) do nothing
"""

#: Also the lane of domains that DNS has not been asked about: what is resolved meanwhile waits there, too.
_LANES: Final = """
insert into delivery_lane (tenant_id, pool_id, site_id, stream, campaign_id)
select distinct %(tenant)s::uuid, %(pool)s::bigint, s.site_id, %(stream)s::smallint, %(campaign)s::bigint
from (
  select d.site_id from delivery_domain d
  where d.name in (select domain from delivery_expansion where reason = '')
  union select null
) s on conflict do nothing
"""

_MESSAGES: Final = """
with written as (
  insert into delivery_message
    (tenant_id, id, stream, campaign_id, contact_id, content_id, rcpt, rcpt_key, domain_id, merge, created_at)
  select %(tenant)s, message_uuid(%(launched_at)s, %(campaign)s, e.contact_id, %(salt)s), %(stream)s,
    %(campaign)s, e.contact_id, %(content)s, e.email, e.email_key, d.id,
    jsonb_build_object('contact', {contact}), %(now)s
  from delivery_expansion e join delivery_domain d on d.name = e.domain
  where e.reason = '' returning id, domain_id
), lanes as materialized (
  select id, coalesce(site_id, 0) as site from delivery_lane
  where tenant_id = %(tenant)s and pool_id = %(pool)s and source_id is null and stream = %(stream)s
    and campaign_id = %(campaign)s
), queued as (
  insert into delivery_queueentry
    (tenant_id, message_id, lane_id, domain_id, campaign_id, next_attempt_at, expires_at)
  select %(tenant)s, w.id, coalesce(known.id, waiting.id), w.domain_id, %(campaign)s, %(now)s, %(expires_at)s
  from written w join delivery_domain d on d.id = w.domain_id
  join lanes waiting on waiting.site = 0
  left join lanes known on known.site = coalesce(d.site_id, 0)
)
select count(*) from written
"""

_LEDGER: Final = """
select count(*) from delivery_message where tenant_id = %(tenant)s and campaign_id = %(campaign)s
and id >= uuid7_floor(%(launched_at)s) and id < uuid7_floor(%(launched_at)s + interval '1 millisecond')
"""


#: A function of PostgreSQL takes 100 arguments.
_PAIRS: Final = 45
_EMAIL: Final = ["'email', e.email"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """What a launch wrote: messages of this call, and the campaign's audience in all."""

    written: int
    audience: int


def write_messages(*, tenant_id: UUID, campaign_id: int) -> Expansion:
    """Writes messages, queue and lanes, and starts the campaign; repeated, it does nothing."""
    with tenant_scope(tenant_id):
        # Parallel calls wait for each other here, and all but the first see that the work is done.
        campaign = (
            Campaign.objects.select_for_update(of=("self",))
            .select_related("content")
            .filter(pk=campaign_id)
            .first()
        )
        if campaign is None or campaign.state != Campaign.State.LAUNCHING:
            return Expansion(written=0, audience=(campaign.audience or 0) if campaign else 0)
        with connection.cursor() as cursor:
            if campaign.repeat_of_id is not None:
                cursor.execute(_ONE_REPEAT, [f"{tenant_id} {campaign.repeat_of_id}"])
            expansion, left_out = _write(cursor, _parameters(campaign))
        _finish(campaign, expansion, left_out)
    # A vacuum in the meantime has seen none of the rows, and the first claims would be planned for none.
    keep_queue_statistics()
    return expansion


def _parameters(campaign: Campaign) -> dict[str, Any]:
    if campaign.content is None or campaign.launched_at is None:
        raise ValueError(f"campaign {campaign.pk} is launching without content")
    now = timezone.now()
    return people_parameters(campaign) | {
        "pool": pool_id_for(tenant_id=campaign.tenant_id, stream=Stream.MARKETING),
        "stream": Stream.MARKETING.value,
        "launched_at": campaign.launched_at,
        "salt": campaign.salt,
        "content": campaign.content_id,
        "fields": contact_keys(campaign.content.fields),
        "defaults": field_defaults(tenant_id=campaign.tenant_id),
        "now": now,
        "expires_at": now + longest_wait(Stream.MARKETING),
    }


def contact_keys(fields: Iterable[str]) -> list[str]:
    """Keys of the contact that templates read: `contact.city` gives `city`; the address comes anyway."""
    keys = {name.split(".")[1] for name in fields if name.startswith("contact.")}
    return sorted(keys - {"email"})


def _write(cursor: CursorWrapper, parameters: dict[str, Any]) -> tuple[Expansion, dict[str, int]]:
    # A list that was just imported has no statistics yet, and a nested loop over it takes minutes.
    cursor.execute("set local work_mem = '64MB'; set local enable_nestloop = off")
    cursor.execute("drop table if exists pg_temp.delivery_expansion")
    people = people_sql(repeat=parameters["repeat_of"] is not None)
    cursor.execute(f"{_AUDIENCE} {people}", parameters)
    cursor.execute("analyze delivery_expansion")
    cursor.execute(_DOMAINS, parameters)
    cursor.execute(_LANES, parameters)
    contact, keys = _contact(parameters["fields"], parameters["defaults"])
    cursor.execute(_MESSAGES.format(contact=contact), parameters | keys)
    written = cursor.fetchone()[0]
    cursor.execute(_LEDGER, parameters)
    audience = cursor.fetchone()[0]
    cursor.execute("select reason, count(*) from delivery_expansion where reason <> '' group by 1")
    left_out = dict(cursor.fetchall())
    cursor.execute("set local enable_nestloop = on")
    return Expansion(written=written, audience=audience), left_out


def _contact(keys: Sequence[str], defaults: Mapping[str, object]) -> tuple[str, dict[str, str]]:
    """What a message keeps of its contact as an expression, and keys and defaults as its parameters."""
    # An aggregate over the keys for each contact takes four times as long.
    values: dict[str, str] = {}
    pairs = []
    for number, key in enumerate(keys):
        values[f"key_{number}"] = key
        value = f"e.attrs -> %(key_{number})s"
        if key in defaults:
            values[f"default_{number}"] = json.dumps(defaults[key], ensure_ascii=False)
            value = f"coalesce({value}, %(default_{number})s::jsonb)"
        pairs.append(f"%(key_{number})s::text, {value}")
    groups = [pairs[start : start + _PAIRS] for start in range(0, len(pairs), _PAIRS)]
    return " || ".join(f"jsonb_build_object({', '.join(group)})" for group in [_EMAIL, *groups]), values


def _finish(campaign: Campaign, expansion: Expansion, left_out: dict[str, int]) -> None:
    now = timezone.now()
    Launch.objects.get_or_create(
        tenant_id=campaign.tenant_id,
        campaign_id=campaign.pk,
        defaults={
            "requested_at": campaign.launched_at or now,
            "finished_at": now,
            "written": expansion.written,
        },
    )
    Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.LAUNCHING).update(
        state=Campaign.State.SENDING,
        audience=expansion.audience,
        left_out=left_out,
        updated_at=now,
    )
