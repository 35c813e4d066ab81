"""`GET /domains/{id}/dmarc`: what receivers report about a sending domain."""

from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView
from accounts.selectors.domains import find_domain
from relay_saas.mail.dmarc_reports.advice import Figures, Verdict
from relay_saas.mail.dmarc_reports.sources import Origin
from relay_saas.web.api_operation import Operation, number, scopes
from relay_saas.web.api_query import read_limit
from relay_saas.web.prefixed import number_of, public_id
from tracking.selectors.dmarc import DAYS, DmarcView, dmarc_view
from tracking.words.dmarc import tell

MOST_DAYS = 90


class FiguresDocument(serializers.Serializer[Any]):
    """Mail, and how much of it passed."""

    messages = serializers.IntegerField()
    aligned = serializers.IntegerField()


class SourceDocument(serializers.Serializer[Any]):
    """Mail from one address in the period."""

    address = serializers.IPAddressField()
    origin = serializers.ChoiceField(choices=[str(origin) for origin in Origin])
    name = serializers.CharField(allow_null=True)
    messages = serializers.IntegerField()
    aligned = serializers.IntegerField()
    dkim = serializers.IntegerField()
    spf = serializers.IntegerField()
    quarantined = serializers.IntegerField()
    rejected = serializers.IntegerField()


class DayDocument(serializers.Serializer[Any]):
    """One day by origin."""

    day = serializers.DateField()
    origins = serializers.DictField(child=FiguresDocument())


class AdviceDocument(serializers.Serializer[Any]):
    """What to do with the policy: `verdict` for programs, the rest in the language of Accept-Language."""

    verdict = serializers.ChoiceField(choices=[str(verdict) for verdict in Verdict])
    safe = serializers.BooleanField()
    title = serializers.CharField()
    text = serializers.CharField()
    values = serializers.DictField(child=serializers.IntegerField())


class DmarcDocument(serializers.Serializer[Any]):
    """The reports of a period."""

    domain = serializers.CharField()
    days = serializers.IntegerField()
    reports = serializers.IntegerField()
    reporters = serializers.ListField(child=serializers.CharField())
    policy = serializers.CharField(allow_null=True)
    advice = AdviceDocument()
    totals = serializers.DictField(child=FiguresDocument())
    by_day = DayDocument(many=True)
    by_source = SourceDocument(many=True)


class DomainDmarcView(JsonApiView):
    """The last `days` days, 30 without it."""

    tag = "Domains"
    path_ids: ClassVar = {"domain": "dom"}
    required_scope = scopes("domains.read")
    parameters: ClassVar = {
        "days": number(
            f"How many days back; {DAYS} if it is not said. More than {MOST_DAYS} gives {MOST_DAYS}.", DAYS
        )
    }
    operations: ClassVar = {
        "GET": Operation(
            says="Read what receivers report about a domain (DMARC)",
            more="Sums of the reports by day and by source, and whether the policy may be tightened.",
            answer=DmarcDocument,
        )
    }

    def get(self, request: Request, domain: str) -> Response:
        """An unknown id answers like a foreign one."""
        found = find_domain(tenant_id=self.tenant_id, domain_id=number_of("dom", domain))
        asked = request.query_params.get("days")
        days = DAYS if asked is None else read_limit(asked, MOST_DAYS)
        view = dmarc_view(tenant_id=self.tenant_id, domain=found, days=days)
        return Response({"domain": public_id("dom", found.pk)} | _document(view))


def _document(view: DmarcView) -> dict[str, Any]:
    told = tell(view.advice, "")
    return {
        "days": view.days,
        "reports": view.reports,
        "reporters": list(view.reporters),
        "policy": view.policy or None,
        "advice": {
            "verdict": str(view.advice.verdict),
            "safe": view.advice.safe,
            "title": told.title,
            "text": told.text,
            "values": dict(view.advice.values),
        },
        "totals": {str(origin): _figures(one) for origin, one in view.figures.items()},
        "by_day": [
            {"day": line.day, "origins": {str(origin): _figures(one) for origin, one in line.figures.items()}}
            for line in view.lines
        ],
        "by_source": [
            {
                "address": line.source,
                "origin": str(line.origin),
                "name": line.name or None,
                "messages": line.messages,
                "aligned": line.aligned,
                "dkim": line.dkim,
                "spf": line.spf,
                "quarantined": line.quarantined,
                "rejected": line.rejected,
            }
            for line in view.sources
        ],
    }


def _figures(one: Figures) -> dict[str, int]:
    return {"messages": one.messages, "aligned": one.aligned}
