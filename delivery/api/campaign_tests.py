"""`POST /campaigns/{id}/test`: a draft to the organization's own people."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView
from delivery.services.test_send import MAX_ADDRESSES, send_tests
from relay_saas.web.api_fields import UuidId
from relay_saas.web.api_operation import Operation, example_id, scopes
from relay_saas.web.prefixed import PublicId, number_of
from relay_saas.web.strict_fields import StrictSerializer, StrictText


class CampaignTestBody(StrictSerializer):
    """Who gets a test, and as whom it is written."""

    to = serializers.ListField(
        child=StrictText(max_length=400),
        min_length=1,
        max_length=MAX_ADDRESSES,
        help_text="Addresses of members of the organization.",
    )
    contact = PublicId(
        "con", required=False, allow_null=True, help_text="Else the person who joined the list first."
    )


class TestMailDocument(serializers.Serializer[Any]):
    """One test that was taken."""

    id = UuidId("em")
    to = serializers.CharField()


class CampaignTestDocument(serializers.Serializer[Any]):
    """A round of tests, in the order of the addresses."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`data` means something else to serializers, so it cannot be declared above."""
        return {"data": TestMailDocument(many=True)}


class CampaignTestView(JsonApiView):
    """All of a round, or none."""

    tag = "Campaigns"
    required_scope = scopes(write="campaigns.send")
    path_ids = {"campaign": "cmp"}
    operations = {
        "POST": Operation(
            says="Send a test of a campaign",
            more="As the contact would get it, without tracking; it counts for nothing. To members alone, at"
            " most 50 an hour.",
            body=CampaignTestBody,
            answer=CampaignTestDocument,
            status=202,
            examples={"To a member": {"to": ["owner@people.example.com"], "contact": example_id("con")}},
            refusals={
                "not_a_member": 422,
                "too_many_tests": 422,
                "nobody_on_the_list": 422,
                "domain_not_verified": 422,
            },
        )
    }

    def post(self, request: Request, campaign: str) -> Response:  # noqa: ARG002
        """202 once all are on disk."""
        given = self.body(CampaignTestBody)
        sent = send_tests(
            tenant_id=self.tenant_id,
            campaign_id=number_of("cmp", campaign),
            addresses=given["to"],
            contact_id=given.get("contact"),
            actor=self.actor,
        )
        lines = [{"id": one.submission.pk, "to": one.messages[0].address} for one in sent]
        return Response(CampaignTestDocument({"data": lines}).data, status=202)
