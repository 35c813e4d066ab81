"""The recipients of a campaign as a CSV file: a job, read page by page, so that memory stays flat."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit import Actor
from accounts.csv_file import MEDIA_TYPE, CsvFile, Encoding
from accounts.jobs import JobKind, RunningJob
from accounts.models import Job
from accounts.permissions import Capability
from accounts.services import jobs
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from relay_saas.web.errors import NotFound
from relay_saas.web.paging import page_of
from tracking.models import Engagement
from tracking.selectors.message_keys import Wanted, keys_of, range_of_campaign
from tracking.selectors.messages import RecipientRow, recipient_rows, rows_of

KIND: Final = "recipient_export"
_CHUNK: Final = 1000
_REACTIONS: Final = (
    (Engagement.Kind.OPENED, False),
    (Engagement.Kind.OPENED, True),
    (Engagement.Kind.CLICKED, False),
    (Engagement.Kind.CLICKED, True),
    (Engagement.Kind.UNSUBSCRIBED, False),
    (Engagement.Kind.COMPLAINED, False),
)


def recipients_kind() -> JobKind:
    """Arguments: the campaign, what is wanted of it, and `encoding`."""
    return JobKind(
        name=KIND,
        label=gettext_lazy("Recipients of a campaign"),
        run=run,
        counts={
            "rows": gettext_lazy("Recipients"),
            "replaced": gettext_lazy("Characters that Shift_JIS lacks"),
        },
        capability=Capability.CONTACTS_EXPORT,
    )


def export(*, campaign: Campaign, wanted: Wanted, encoding: str, actor: Actor) -> Job:
    """Starts the export of what the filter shows."""
    arguments = {
        "campaign": campaign.pk,
        "state": wanted.state,
        "link": wanted.link,
        "machines": wanted.machines,
        "encoding": encoding if encoding in Encoding.values else Encoding.values[0],
    }
    return jobs.create(
        tenant_id=campaign.tenant_id,
        kind=KIND,
        title=_("Recipients of “%(name)s”") % {"name": campaign.name},
        actor=actor,
        arguments=arguments,
    )


def run(job: RunningJob) -> dict[str, int]:
    """One line a recipient; a campaign that is gone meanwhile is not found."""
    with tenant_scope(job.tenant_id):
        campaign = Campaign.objects.filter(tenant_id=job.tenant_id, pk=job.arguments["campaign"]).first()
    if campaign is None:
        raise NotFound
    total = None if job.arguments["state"] else campaign.audience
    with job.keep_file(f"recipients-{campaign.pk}.csv", MEDIA_TYPE).open("wb") as target:
        file = CsvFile(target, _head(), job.arguments["encoding"])
        for rows in _chunks(job, campaign):
            for row in rows:
                file.write(_line(row))
            job.progress(file.rows, total)
    return {"rows": file.rows, "replaced": file.replaced}


def _chunks(job: RunningJob, campaign: Campaign) -> Iterator[Sequence[RecipientRow]]:
    asked: dict[str, Any] = job.arguments
    wanted = Wanted(
        ids=range_of_campaign(campaign),
        state=asked["state"],
        campaign_id=campaign.pk,
        link=asked["link"],
        machines=asked["machines"],
    )
    cursor: str | None = None
    while True:
        with tenant_scope(job.tenant_id):
            keys, column = keys_of(job.tenant_id, wanted)
            page = page_of(keys, order=(f"-{column}",), cursor=cursor, size=_CHUNK)
            rows = recipient_rows(job.tenant_id, rows_of(job.tenant_id, page.items, column))
        # Outside the scope's transaction, so that the progress is seen while the file grows.
        yield rows
        cursor = page.next_cursor
        if cursor is None:
            return


def _head() -> list[str]:
    reactions = [
        f"{kind.label} ({_('machine')})" if machine else str(kind.label) for kind, machine in _REACTIONS
    ]
    return [_("Address"), _("State"), _("Reason"), *reactions, _("Message ID")]


def _line(row: RecipientRow) -> list[str]:
    message = row.message
    state = _("Waiting") if message.open or message.state is None else str(message.state.label)
    times = [_time(row.reactions.get((kind.value, machine))) for kind, machine in _REACTIONS]
    return [message.rcpt, state, message.category, *times, message.word]


def _time(at: datetime | None) -> str:
    return timezone.localtime(at).isoformat(sep=" ", timespec="seconds") if at else ""
