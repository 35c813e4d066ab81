"""Who of a list would get a marketing mail now, and who would not, by reason.

The forecast here and the launch (delivery.services.expand) read the same text, so that they cannot disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounts.tenancy import reading_scope
from campaigns.models import Campaign

#: Each person counts once, under the first reason that fits; an empty reason gets the mail.
_PEOPLE: Final = """
select c.id as contact_id, c.email, c.email_key, c.domain, c.attrs, case
    when u.state <> 'subscribed' then 'unsubscribed'
    when x.email_key is not null then 'suppressed'
    when c.needs_smtputf8 then 'smtputf8'
    {reasons}
    else '' end as reason
from campaigns_subscription u
join campaigns_contact c on c.tenant_id = u.tenant_id and c.id = u.contact_id
left join (select distinct email_key from campaigns_suppression where tenant_id = %(tenant)s) x
  on x.email_key = c.email_key
{joins}
where u.tenant_id = %(tenant)s and u.mailing_list_id = %(list)s
"""
_REPEAT_REASONS: Final = """
    when e.outcome in ('received', 'waiting') then e.outcome
    when e.outcome = 'in_doubt' and not %(doubts)s then 'in_doubt'
"""
_REPEAT_JOIN: Final = "left join ({ledger}) e on e.contact_id = c.id"

#: One query of delivery, which owns the ledger: contact_id and outcome (`received`, `waiting`, `in_doubt`,
#: `missed`) over the campaign %(repeat_of)s and its repeats, but for %(campaign)s.
ledger_queries: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Everybody on a list; all but the first sum up to `total`."""

    total: int
    reachable: int
    unsubscribed: int
    suppressed: int
    #: Non-ASCII local part: waits for a receiver with SMTPUTF8.
    smtputf8: int
    #: Of a repeat alone: got it before, may still get it, may have got it.
    received: int = 0
    waiting: int = 0
    in_doubt: int = 0

    @property
    def left_out(self) -> Mapping[str, int]:
        """Numbers by reason, those above 0."""
        names = ("unsubscribed", "suppressed", "smtputf8", "received", "waiting", "in_doubt")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def people_sql(*, repeat: bool) -> str:
    """The query of everybody on the list %(list)s of %(tenant)s with the reason why they are left out.

    With `repeat` it reads %(repeat_of)s, %(campaign)s and %(doubts)s as well.
    """
    if not repeat:
        return _PEOPLE.format(reasons="", joins="")
    return _PEOPLE.format(reasons=_REPEAT_REASONS, joins=_REPEAT_JOIN.format(ledger=ledger_queries[0]))


def people_parameters(campaign: Campaign) -> dict[str, Any]:
    """What `people_sql` reads for this campaign."""
    return {
        "tenant": campaign.tenant_id,
        "list": campaign.mailing_list_id,
        "campaign": campaign.pk,
        "repeat_of": campaign.repeat_of_id,
        "doubts": campaign.repeat_doubts,
    }


#: Where no list is chosen yet.
NOBODY: Final = Audience(total=0, reachable=0, unsubscribed=0, suppressed=0, smtputf8=0)


def audience_of(*, tenant_id: UUID, mailing_list_id: int | None) -> Audience:
    """The audience of a list at this moment."""
    if mailing_list_id is None:
        return NOBODY
    return _count(tenant_id, people_sql(repeat=False), {"tenant": tenant_id, "list": mailing_list_id})


def campaign_audience(campaign: Campaign) -> Audience:
    """The audience of a campaign at this moment, its own rule obeyed."""
    if campaign.mailing_list_id is None:
        return NOBODY
    people = people_sql(repeat=campaign.repeat_of_id is not None)
    return _count(campaign.tenant_id, people, people_parameters(campaign))


def _count(tenant_id: UUID, people: str, parameters: Mapping[str, Any]) -> Audience:
    with reading_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute(f"select reason, count(*) from ({people}) people group by 1", parameters)  # noqa: S608
        found = dict(cursor.fetchall())
    return Audience(
        total=sum(found.values()),
        reachable=found.get("", 0),
        unsubscribed=found.get("unsubscribed", 0),
        suppressed=found.get("suppressed", 0),
        smtputf8=found.get("smtputf8", 0),
        received=found.get("received", 0),
        waiting=found.get("waiting", 0),
        in_doubt=found.get("in_doubt", 0),
    )
