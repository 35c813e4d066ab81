"""Hears what accounts and campaigns announce; only enqueues. A sweeper finds what is missed here."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.events import domain_mended, domain_paused
from accounts.services.dns_records import further_sources
from campaigns.events import campaign_resumed, launch_requested
from campaigns.selectors.audience import ledger_queries
from delivery.events import mail_accepted
from delivery.selectors.repeats import OUTCOMES
from delivery.services import bell
from delivery.services.sources import hosts_of, queue_of, sources_of_table
from delivery.tasks import BELL_SECONDS, expand_campaign, keep_domain_gates, run_queue, start_queue_runs


def on_launch_requested(*, tenant_id: UUID, campaign_id: int, **_: Any) -> None:
    """The campaign's content is frozen: write its messages."""
    expand_campaign.delay(str(tenant_id), campaign_id)


def on_campaign_resumed(**_: Any) -> None:
    """Due work may stand there again."""
    start_queue_runs.delay()


def on_mail_accepted(*, pools: Collection[int], **_: Any) -> None:
    """Somebody waits for it: a run that listens looks at once, and where none does, one is begun."""
    unheard = bell.ring(pools)
    for host in hosts_of(unheard) if unheard else ():
        run_queue.apply_async(queue=queue_of(host), expires=BELL_SECONDS)


def on_domain_turned(**_: Any) -> None:
    """A domain may send no more, or again."""
    keep_domain_gates.delay()


def connect() -> None:
    """Called once when the app is ready."""
    further_sources.append(sources_of_table)
    ledger_queries.append(OUTCOMES)
    launch_requested.connect(on_launch_requested, dispatch_uid="delivery")
    domain_paused.connect(on_domain_turned, dispatch_uid="delivery")
    domain_mended.connect(on_domain_turned, dispatch_uid="delivery")
    mail_accepted.connect(on_mail_accepted, dispatch_uid="delivery")
    campaign_resumed.connect(on_campaign_resumed, dispatch_uid="delivery")
