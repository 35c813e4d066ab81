"""`/organization` and `/audit-log`: what the organization says of itself, and who did what."""

from collections.abc import Mapping
from typing import Any, Final

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.bodies import OrganizationBody
from accounts.api.documents import AuditDocument, OrganizationDocument
from accounts.api.views import JsonApiView
from accounts.audit_words import VERBS
from accounts.exceptions import SeveralLines
from accounts.models import Membership, Tenant
from accounts.selectors.audit import AuditFilter
from accounts.services.organization import change_settings, is_one_line
from relay_saas.web.api_operation import PAGING, Operation, choice, id_of, moment, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_query import read_time, read_word
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.prefixed import read_id
from relay_saas.web.problems import FieldProblem

#: They stand in fields of a mail's head or in one line of its footer.
_LINES: Final = ("name", "legal_name", "contact_address")


class OrganizationView(JsonApiView):
    """The key's own organization."""

    tag = "Organization"
    required_scope = scopes("organization.read", "organization.write")
    operations = {
        "GET": Operation(
            says="Read the organization’s settings", answer=OrganizationDocument, versioned=True
        ),
        "PATCH": Operation(
            says="Change the organization’s settings",
            more="Legal name, postal address and contact address stand in the footer of mail that is launched"
            " from then on.",
            body=OrganizationBody,
            answer=OrganizationDocument,
            examples={"A new address": {"postal_address": "東京都千代田区丸の内1-1-1"}},
            refusals={"several_lines": 422},
            versioned=True,
        ),
    }

    def get(self, request: Request) -> Response:
        """As they stand."""
        return single(request, OrganizationDocument(Tenant.objects.get(pk=self.tenant_id)).data)

    def patch(self, request: Request) -> Response:
        """What is not named stays."""
        given = self.body(OrganizationBody, partial=True)
        found = Tenant.objects.select_for_update().get(pk=self.tenant_id)
        check_match(request, OrganizationDocument(found).data)
        _check_lines(given)
        changed = change_settings(tenant_id=self.tenant_id, values=given, actor=self.actor)
        return single(request, OrganizationDocument(changed).data)


def _check_lines(given: Mapping[str, Any]) -> None:
    problems = [
        FieldProblem(pointer=f"/{name}", code=SeveralLines.code, detail=SeveralLines.message)
        for name in _LINES
        if name in given and not is_one_line(given[name])
    ]
    if problems:
        raise SeveralLines(errors=problems)


class AuditLogView(JsonApiView):
    """Deeds, the newest first; nothing can be taken out of it."""

    tag = "Organization"
    required_scope = scopes("audit.read")
    parameters = {
        **PAGING,
        "member": id_of("mem", "Deeds of this member."),
        "verb": choice("Deeds of this kind.", sorted(set(VERBS))),
        "since": moment("Done at this moment or later."),
        "before": moment("Done before this moment."),
    }
    operations = {"GET": Operation(says="List what was done", answer=page_shape(AuditDocument))}

    def get(self, request: Request) -> Response:
        """One page."""
        query = request.query_params
        wanted = AuditFilter(
            person=self._person(read_id(query, "member", "mem")),
            verb=read_word(query, "verb", set(VERBS)) or "",
            since=read_time(query, "since"),
            before=read_time(query, "before"),
        )
        page = list_page(
            wanted.apply(self.tenant_id),
            name="audit-log",
            order=("-id",),
            query=query,
            document=lambda row: AuditDocument(row).data,
        )
        return Response(page)

    def _person(self, member_id: int | None) -> int | None:
        """Nobody's number for a member that is not there."""
        if member_id is None:
            return None
        rows = Membership.objects.filter(tenant_id=self.tenant_id, pk=member_id)
        return rows.values_list("user_id", flat=True).first() or 0
