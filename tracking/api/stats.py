"""`/campaigns/{id}/stats` and `/stats`: figures, from sums alone."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView
from accounts.models import Tenant
from campaigns.selectors.campaigns import find_campaign
from relay_saas.web.api_operation import Operation, choice, moment, scopes
from relay_saas.web.api_query import read_time, read_word
from relay_saas.web.api_versions import single
from relay_saas.web.prefixed import number_of
from tracking.api.shapes import CampaignStatsDocument, StatsDocument
from tracking.exceptions import BadSpan
from tracking.models import Engagement
from tracking.selectors.report import links
from tracking.selectors.stats import stats_of
from tracking.selectors.totals import Totals, totals_of

#: Longer than a quarter is several requests.
MOST: Final = timedelta(days=93)
USUAL: Final = timedelta(days=30)
_SPLITS: Final = {"all": (), "day": ("day",), "provider": ("provider",), "day,provider": ("day", "provider")}
_KINDS: Final = (
    Engagement.Kind.OPENED,
    Engagement.Kind.CLICKED,
    Engagement.Kind.UNSUBSCRIBED,
    Engagement.Kind.COMPLAINED,
)


class CampaignStatsView(JsonApiView):
    """What became of a campaign."""

    tag = "Statistics"
    required_scope = scopes("stats.read")
    path_ids = {"campaign": "cmp"}
    operations = {
        "GET": Operation(says="Read a campaign's figures", answer=CampaignStatsDocument, versioned=True)
    }

    def get(self, request: Request, campaign: str) -> Response:
        """The sums of this moment."""
        found = find_campaign(tenant_id=self.tenant_id, campaign_id=number_of("cmp", campaign))
        totals = totals_of(tenant_id=self.tenant_id, audiences={found.pk: found.audience or 0})[found.pk]
        document = {
            "campaign": found.pk,
            "state": found.state,
            "totals": totals,
            "people": _did(totals, machine=False),
            "machines": _did(totals, machine=True),
            "links": links(found, machines=True),
        }
        return single(request, CampaignStatsDocument(document).data)


class StatsView(JsonApiView):
    """Figures of the organization."""

    tag = "Statistics"
    required_scope = scopes("stats.read")
    parameters = {
        "since": moment(f"From then on; {USUAL.days} days ago if it is not said."),
        "before": moment(f"Before then, at most {MOST.days} days later; now if it is not said."),
        "by": choice("What rows are split by; `day` if it is not said.", _SPLITS),
    }
    operations = {
        "GET": Operation(
            says="Read figures by day and provider",
            more="Attempts count at the minute of the attempt, what people did at its hour. Days are those of"
            " the organization's time zone.",
            answer=StatsDocument,
            refusals={"bad_span": 422},
        )
    }

    def get(self, request: Request) -> Response:
        """Rows in the order of time."""
        query = request.query_params
        before = read_time(query, "before") or timezone.now()
        since = read_time(query, "since") or before - USUAL
        if not timedelta() < before - since <= MOST:
            raise BadSpan
        zone = Tenant.objects.get(pk=self.tenant_id).time_zone
        rows = stats_of(
            tenant_id=self.tenant_id,
            since=since,
            before=before,
            zone=ZoneInfo(zone),
            by=_SPLITS[read_word(query, "by", _SPLITS) or "day"],
        )
        document = {"since": since, "before": before, "time_zone": zone, "data": rows}
        return Response(StatsDocument(document).data)


def _did(totals: Totals, *, machine: bool) -> dict[str, int]:
    return {kind.value: totals.engaged.get((kind, machine), 0) for kind in _KINDS}
