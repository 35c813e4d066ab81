"""`/suppressions`: who is not mailed, why, and back again with a reason."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView
from campaigns.api.bodies import REASON, SuppressionsBody
from campaigns.api.documents import Document, SuppressionDocument
from campaigns.models import Suppression
from campaigns.selectors.suppressions import find_suppression, suppressions_of
from campaigns.services.suppress_many import suppress_many
from campaigns.services.suppression import remove_suppression
from relay_saas.web.api_operation import (
    PAGING,
    Operation,
    Parameter,
    address,
    choice,
    flag,
    page_shape,
    scopes,
)
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_query import read_address, read_flag, read_word
from relay_saas.web.api_schema import text_schema
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.json_body import BulkJsonParser
from relay_saas.web.prefixed import number_of


class RefusedDocument(Document):
    """An address that was not taken."""

    index = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class SuppressedDocument(Document):
    """What became of many addresses."""

    added = serializers.IntegerField()
    there = serializers.IntegerField(help_text="Suppressed already.")
    refused = RefusedDocument(many=True)


class SuppressionsView(JsonApiView):
    """Suppressions, the newest first."""

    tag = "Suppressions"
    parser_classes = [BulkJsonParser]
    required_scope = scopes("suppressions.read", "suppressions.write")
    parameters = {
        **PAGING,
        "email": address("This address alone."),
        "scope": choice("What is stopped.", Suppression.Scope.values),
        "reason": choice("Why.", Suppression.Reason.values),
        "provisional": flag("Those that are still easily taken back."),
    }
    operations = {
        "GET": Operation(says="List suppressions", answer=page_shape(SuppressionDocument)),
        "POST": Operation(
            says="Suppress up to 1,000 addresses",
            more="Each is taken or refused on its own; the first reason for an address and scope stays.",
            body=SuppressionsBody,
            answer=SuppressedDocument,
            examples={"Two": {"emails": ["a@example.jp", "b@example.jp"], "reason": "asked by letter"}},
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        query = request.query_params
        rows = suppressions_of(
            tenant_id=self.tenant_id,
            address=str(read_address(query, "email") or ""),
            provisional=read_flag(query, "provisional") or False,
        )
        if scope := read_word(query, "scope", Suppression.Scope.values):
            rows = rows.filter(scope=scope)
        if reason := read_word(query, "reason", Suppression.Reason.values):
            rows = rows.filter(reason=reason)
        page = list_page(
            rows,
            name="suppressions",
            order=("-id",),
            query=query,
            document=lambda row: SuppressionDocument(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """What became of them."""
        given = self.body(SuppressionsBody)
        emails: list[str] = given["emails"]
        outcome = suppress_many(
            tenant_id=self.tenant_id,
            lines=enumerate(emails),
            scope=Suppression.Scope(given["scope"]),
            detail=" ".join(given["reason"].split()),
            actor=self.actor,
            most_told=len(emails),
        )
        refused = [{"index": bad.line, "code": bad.code, "detail": bad.problem} for bad in outcome.bad]
        refused += [
            {"index": place, "code": "empty", "detail": ""}
            for place, text in enumerate(emails)
            if not text.strip()
        ]
        return Response({"added": outcome.added, "there": outcome.there, "refused": refused})


class SuppressionView(JsonApiView):
    """One suppression."""

    tag = "Suppressions"
    required_scope = scopes("suppressions.read", "suppressions.write")
    path_ids = {"suppression": "sup"}
    write_parameters = {
        "reason": Parameter(
            says="Why the address may be mailed again; it is kept in the audit log.",
            schema={**text_schema(), "minLength": 1, "maxLength": REASON},
            required=True,
        )
    }
    operations = {
        "GET": Operation(says="Read a suppression", answer=SuppressionDocument, versioned=True),
        "DELETE": Operation(
            says="Let an address be mailed again",
            status=204,
            refusals={"reason_missing": 422},
            versioned=True,
        ),
    }

    def get(self, request: Request, suppression: str) -> Response:
        """By id."""
        found = find_suppression(tenant_id=self.tenant_id, suppression_id=number_of("sup", suppression))
        return single(request, SuppressionDocument(found).data)

    def delete(self, request: Request, suppression: str) -> Response:
        """With a reason, because it is somebody's wish or a server's word that is put aside."""
        reason = request.query_params["reason"]
        found = find_suppression(tenant_id=self.tenant_id, suppression_id=number_of("sup", suppression))
        check_match(request, SuppressionDocument(found).data)
        remove_suppression(tenant_id=self.tenant_id, suppression_id=found.pk, reason=reason, actor=self.actor)
        return Response(status=204)
