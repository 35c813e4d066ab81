"""What Celery runs of delivery: ids in, one service, safe to repeat.

What beat repeats within seconds is a hint and is acknowledged when it is heard: an ack at the end that fails
because the broker was away counts against the prefetch limit for ever, and the worker hears nothing more.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings

from campaigns.services import schedule
from delivery.engine.config import from_settings
from delivery.engine.due import due
from delivery.engine.process import run_once
from delivery.engine.process import take_back as take_back_dead_runs
from delivery.engine.restored import put_in_doubt
from delivery.engine.stopping import request_stop, stop_requested
from delivery.engine.sweep import sweep
from delivery.services import (
    bounce_guard,
    bounce_notice,
    domain_gates,
    expire,
    finish,
    queue_statistics,
    raw_receipts,
)
from delivery.services.expand import write_messages
from delivery.services.simulation import forget_simulated
from delivery.services.sources import hosts, queue_of, sync_sources

LOG = structlog.get_logger(__name__)

#: A bell that nobody heard for so long is rung again anyway.
BELL_SECONDS = 10


@worker_shutting_down.connect
def _stop_runs(**_: Any) -> None:
    """Runs in the worker's parent, which the children's flag is shared with."""
    request_stop()


@shared_task(acks_late=False)
def run_queue() -> None:
    """One queue run of this host; rings for the next one while there is work."""
    if stop_requested():
        return
    sync_sources()
    if run_once(from_settings()) and not stop_requested():
        run_queue.apply_async(expires=BELL_SECONDS)


@shared_task(acks_late=False)
def start_queue_runs() -> None:
    """Keeps as many runs alive as each host may have while due work for its addresses exists."""
    # Before the first run there is no sending address in the table, and no lane that could be due.
    sync_sources()
    config = from_settings()
    for host in hosts():
        found = due(config.database_url, host)
        if found.work:
            for _ in range(config.slots - found.runs):
                run_queue.apply_async(queue=queue_of(host), expires=BELL_SECONDS)


@shared_task(acks_late=False)
def expand_campaign(tenant_id: str, campaign_id: int) -> None:
    """Writes the messages of one launch, then rings."""
    expansion = write_messages(tenant_id=UUID(tenant_id), campaign_id=campaign_id)
    if expansion.written:
        start_queue_runs()


@shared_task(acks_late=False)
def launch_planned() -> None:
    """Launches the campaigns whose time has come."""
    schedule.launch_due()


@shared_task(acks_late=False)
def sweep_launches() -> None:
    """Writes launches whose event was lost."""
    if finish.write_waiting_launches():
        start_queue_runs()


@shared_task
def expire_lanes(chosen: list[tuple[str, int]], seconds: int) -> None:
    """Gives up what these lanes (tenant, number) hold that is older; an operator asked for it."""
    lanes = [(UUID(tenant_id), lane_id) for tenant_id, lane_id in chosen]
    ended = expire.expire_lanes(lanes, older_than=timedelta(seconds=seconds))
    LOG.warning("mail was given up", messages=ended)


@shared_task
def doubt_restored() -> None:
    """Gives up as in doubt what a restored copy may have sent already; an operator asked for it."""
    LOG.warning("mail is in doubt", messages=put_in_doubt(settings.DATABASE_DISPATCH_URL), why="restored")


@shared_task(acks_late=False)
def keep_domain_gates() -> None:
    """Holds the mail of sending domains whose records broke, and lets that of mended ones go."""
    held, released = domain_gates.keep_domain_gates()
    if held:
        LOG.warning("mail is held: the DNS records of its sending domain broke", domains=held)
    if released:
        start_queue_runs()


@shared_task(acks_late=False)
def take_back() -> None:
    """Settles what dead runs of this host left behind."""
    taken = take_back_dead_runs(from_settings())
    if taken:
        LOG.warning("dead queue runs were taken back", runs=taken)


@shared_task(acks_late=False)
def watch_bounces() -> None:
    """Looks for providers whose bounces must not be believed."""
    bounce_guard.watch()


@shared_task(acks_late=False)
def tell_senders() -> None:
    """Reports to mailboxes whose mail did not arrive."""
    bounce_notice.tell_due()


@shared_task(acks_late=False)
def keep_queue_statistics() -> None:
    """Looks whether the planner takes a filled queue for an empty one."""
    queue_statistics.keep_queue_statistics()


@shared_task(acks_late=False)
def forget_receipts() -> None:
    """Lets receipts go that are older than anybody tries again."""
    raw_receipts.forget()


@shared_task(acks_late=False)
def finish_campaigns() -> None:
    """Ends entries that may not go out any more, then campaigns that have nothing left."""
    sweep(settings.DATABASE_DISPATCH_URL)
    finish.finish_campaigns()


@shared_task
def forget_test_mail() -> None:
    """Removes old mail of test keys."""
    forget_simulated()
