"""The stages of the demo: import, campaign, launch, live counts, reactions, the table, the accounting."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Job
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactImport, ContactList, Subscription, Suppression
from campaigns.services.campaigns import CampaignDraft, create_campaign
from campaigns.services.imports import KIND, create_import, run_import
from campaigns.services.launch import request_launch
from delivery.models import Attempt, Launch
from relay_saas.console.demo.cast import DOMAIN, Cast, gather, verified_domain, verified_system_domain
from relay_saas.console.demo.outside import accounting, memory_mb, receivers
from relay_saas.console.demo.terminal import Terminal
from tracking.selectors.totals import Totals, totals_of

FOLDER = Path(__file__).parent
LIST = "ニュース / News"
SETTLE_SECONDS = 600.0
JUDGE_SECONDS = 240.0
STEP = 0.5
JUDGE_STEP = 4.0
MEASURE_SECONDS = 5.0


class StoryFailed(Exception):
    """A stage did not come to its end in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the table at the end is made of."""

    campaign: Campaign
    totals: Totals
    requested_at: datetime
    last_first_attempt: datetime
    memory_mb: float
    outside: dict[str, Any]
    verdict: dict[str, Any]


class Story:
    """Told once per call of `manage.py demo_story`."""

    def __init__(self, terminal: Terminal, simulator: Path) -> None:
        self.terminal = terminal
        self.simulator = simulator
        self._pulse = threading.Event()

    def tell(self) -> Ending:
        """All stages; raises StoryFailed."""
        cast = gather()
        domain = verified_domain(cast.tenant_id)
        if domain.state != domain.State.VERIFIED:
            raise StoryFailed(f"{domain.name} could not be verified: {domain.records}")
        self.terminal.say(f"{domain.name} is verified: DKIM, return path, tracking and DMARC found in DNS")
        verified_system_domain()
        mailing_list = self._import(cast.tenant_id)
        campaign = self._campaign(cast.tenant_id, mailing_list)
        audience = self._freeze_audience(cast.tenant_id, mailing_list)
        with tenant_scope(cast.tenant_id):
            campaign = request_launch(tenant_id=cast.tenant_id, campaign_id=campaign.pk, actor=SYSTEM)
        memory = self._watch(cast.tenant_id, campaign.pk)
        verdicts: list[dict[str, Any]] = []
        with self._in_background(lambda: verdicts.append(self._account(cast, campaign.pk, audience))):
            self._wait_for_judge()
        return self._ending(cast, campaign.pk, verdicts[0], memory)

    def _account(self, cast: Cast, campaign_id: int, audience: Path) -> dict[str, Any]:
        return accounting(
            tenant=cast.tenant, campaign=campaign_id, audience=audience, receivers_folder=self.simulator
        )

    def _import(self, tenant_id: UUID) -> ContactList:
        path = FOLDER / "contacts.csv"
        with tenant_scope(tenant_id):
            mailing_list, _ = ContactList.objects.get_or_create(tenant_id=tenant_id, name=LIST)
        with path.open("rb") as file:
            found = create_import(
                tenant_id=tenant_id,
                mailing_list_id=mailing_list.pk,
                file_name=path.name,
                data=file,
                actor=SYSTEM,
            )
        rows = path.read_bytes().count(b"\n") - 1
        with self._in_background(lambda: run_import(tenant_id=tenant_id, import_id=found.pk)) as done:
            while not done.wait(STEP):
                self.terminal.bar("import", min(self._job(tenant_id, found).done, rows - 1), rows)
        job = self._job(tenant_id, found)
        self.terminal.bar(
            "import", rows, rows, f"{job.counts.get('new')} new, {job.counts.get('updated')} updated"
        )
        return mailing_list

    def _job(self, tenant_id: UUID, found: ContactImport) -> Job:
        with tenant_scope(tenant_id):
            return Job.objects.get(kind=KIND, arguments__import=found.pk)

    def _campaign(self, tenant_id: UUID, mailing_list: ContactList) -> Campaign:
        with tenant_scope(tenant_id):
            draft = CampaignDraft(
                name=f"秋のお知らせ / Autumn news {timezone.now():%H:%M}",
                mailing_list_id=mailing_list.pk,
                from_name="日の出ストア",
                from_address=f"news@{DOMAIN}",
                subject="{{ contact.last_name }} {{ contact.first_name }}様、11月の新着のお知らせ",
                preheader="今月の新着と、会員さまだけのご案内 / New this month",
                markup=Campaign.Markup.MJML,
                html_source=(FOLDER / "newsletter.mjml").read_text(encoding="utf-8"),
            )
            return create_campaign(tenant_id=tenant_id, draft=draft, actor=SYSTEM)

    def _freeze_audience(self, tenant_id: UUID, mailing_list: ContactList) -> Path:
        """What the accounting compares with: the list before the launch, a plain file."""
        path = Path(settings.RELAY_DATA_DIR) / "audience.txt"
        with tenant_scope(tenant_id), path.open("w", encoding="utf-8") as file:
            subscribed = Subscription.objects.filter(
                mailing_list=mailing_list, state=Subscription.State.SUBSCRIBED, contact__needs_smtputf8=False
            )
            stopped = suppressed_keys(tenant_id)
            for key in subscribed.values_list("contact__email_key", flat=True).iterator():
                if key not in stopped:
                    file.write(f"{key}\n")
        return path

    def _watch(self, tenant_id: UUID, campaign_id: int) -> float:
        """Live counts until nothing is open; returns the largest memory seen, in MB."""
        most, measured = 0.0, 0.0
        began = monotonic()
        while monotonic() - began < SETTLE_SECONDS:
            campaign, totals = self._look(tenant_id, campaign_id)
            if campaign.audience is not None:
                note = (
                    f"delivered {totals.delivered:,}  bounced {totals.bounced:,}  waiting {totals.waiting:,}"
                )
                self.terminal.bar("send", totals.settled, totals.audience, note)
                if totals.waiting == 0:
                    return max(most, memory_mb())
            # Reading every process's maps costs a tenth of a core when done at each step.
            if monotonic() - measured > MEASURE_SECONDS:
                most, measured = max(most, memory_mb()), monotonic()
            self._pulse.wait(STEP)
        raise StoryFailed(f"the campaign did not settle within {SETTLE_SECONDS:.0f} s")

    def _look(self, tenant_id: UUID, campaign_id: int) -> tuple[Campaign, Totals]:
        with tenant_scope(tenant_id):
            campaign = Campaign.objects.get(pk=campaign_id)
            return campaign, totals_of(tenant_id=tenant_id, audiences={campaign_id: campaign.audience or 0})[
                campaign_id
            ]

    def _wait_for_judge(self) -> None:
        deadline = monotonic() + JUDGE_SECONDS
        while monotonic() < deadline:
            counts = receivers(self.simulator)
            judged, accepted = counts["verdicts"].get("judged", 0), counts["accepted"]
            self.terminal.bar("judge", judged, accepted, "DKIM, SPF and DMARC by the receivers")
            if judged >= accepted:
                return
            self._pulse.wait(JUDGE_STEP)
        raise StoryFailed("the receivers' judge did not finish in time")

    def _ending(self, cast: Cast, campaign_id: int, verdict: dict[str, Any], memory: float) -> Ending:
        campaign, totals = self._look(cast.tenant_id, campaign_id)
        with tenant_scope(cast.tenant_id):
            launch = Launch.objects.get(campaign_id=campaign_id)
            last = Attempt.objects.filter(campaign_id=campaign_id, number=1).aggregate(at=Max("at"))["at"]
        return Ending(
            campaign=campaign,
            totals=totals,
            requested_at=launch.requested_at,
            last_first_attempt=last,
            memory_mb=memory,
            outside=receivers(self.simulator),
            verdict=verdict,
        )

    @contextmanager
    def _in_background(self, work: Callable[[], object]) -> Iterator[threading.Event]:
        """Runs `work` beside the progress bar; raises what it raised."""
        done, errors = threading.Event(), []

        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 (handed on below)
                errors.append(error)
            finally:
                done.set()

        thread = threading.Thread(target=run)
        thread.start()
        yield done
        thread.join()
        if errors:
            raise errors[0]


def first_attempts_took(ending: Ending) -> timedelta:
    """From the launch request to the last answer to a first attempt."""
    return ending.last_first_attempt - ending.requested_at


def suppressed_keys(tenant_id: UUID) -> frozenset[str]:
    """Addresses on the suppression list (a demo's list is short)."""
    return frozenset(Suppression.objects.filter(tenant_id=tenant_id).values_list("email_key", flat=True))
