"""`/members` and `/invitations`: a key acts as an administrator, and never on owners."""

from typing import Final

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.bodies import InvitationBody, RoleBody
from accounts.api.documents import InvitationDocument, MemberDocument
from accounts.api.views import JsonApiView, created
from accounts.models import Invitation, Membership, Role
from accounts.services import invitations, members
from relay_saas.web.api_operation import PAGING, Operation, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.errors import NotFound
from relay_saas.web.prefixed import number_of, public_id

#: What a key may give, change and take away.
BY: Final = Role.ADMIN
_BEYOND = {"role_beyond_own": 403}


class MembersView(JsonApiView):
    """Members, the newest first."""

    tag = "Members"
    required_scope = scopes("members.read")
    parameters = {**PAGING}
    operations = {"GET": Operation(says="List members", answer=page_shape(MemberDocument))}

    def get(self, request: Request) -> Response:
        """One page."""
        page = list_page(
            Membership.objects.filter(tenant_id=self.tenant_id).select_related("user"),
            name="members",
            order=("-id",),
            query=request.query_params,
            document=lambda row: MemberDocument(row).data,
        )
        return Response(page)


class MemberView(JsonApiView):
    """One member."""

    tag = "Members"
    required_scope = scopes("members.read", "members.write")
    path_ids = {"member": "mem"}
    operations = {
        "GET": Operation(says="Read a member", answer=MemberDocument, versioned=True),
        "PATCH": Operation(
            says="Give a member another role",
            more="Owners are beyond every key.",
            body=RoleBody,
            answer=MemberDocument,
            examples={"An analyst": {"role": "analyst"}},
            refusals={**_BEYOND, "last_owner": 409},
            versioned=True,
        ),
        "DELETE": Operation(
            says="Remove a member", status=204, refusals={**_BEYOND, "last_owner": 409}, versioned=True
        ),
    }

    def get(self, request: Request, member: str) -> Response:
        """By id."""
        return single(request, MemberDocument(self._find(member)).data)

    def patch(self, request: Request, member: str) -> Response:
        """At once."""
        given = self.body(RoleBody, partial=True)
        found = self._find(member)
        role = Role(given.get("role", found.role))
        check_match(request, MemberDocument(found).data)
        members.change_role(
            tenant_id=self.tenant_id, membership_id=found.pk, role=role, by=BY, actor=self.actor
        )
        return single(request, MemberDocument(self._find(member)).data)

    def delete(self, request: Request, member: str) -> Response:
        """Whatever the person has open ends."""
        found = self._find(member)
        check_match(request, MemberDocument(found).data)
        members.remove_member(tenant_id=self.tenant_id, membership_id=found.pk, by=BY, actor=self.actor)
        return Response(status=204)

    def _find(self, text: str) -> Membership:
        rows = Membership.objects.filter(tenant_id=self.tenant_id, pk=number_of("mem", text))
        found = rows.select_related("user").first()
        if found is None:
            raise NotFound
        return found


class InvitationsView(JsonApiView):
    """Open invitations, the newest first."""

    tag = "Members"
    required_scope = scopes("members.read", "members.write")
    parameters = {**PAGING}
    operations = {
        "GET": Operation(says="List open invitations", answer=page_shape(InvitationDocument)),
        "POST": Operation(
            says="Invite somebody",
            more="A link by mail, good for seven days. An open invitation of the same address is replaced.",
            body=InvitationBody,
            answer=InvitationDocument,
            status=201,
            examples={"A marketer": {"email": "hanako@example.jp", "role": "marketer"}},
            refusals={**_BEYOND, "already_member": 409, "invited_too_often": 429},
            versioned=True,
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        page = list_page(
            invitations.open_invitations(self.tenant_id),
            name="invitations",
            order=("-id",),
            query=request.query_params,
            document=lambda row: InvitationDocument(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:
        """A mail."""
        given = self.body(InvitationBody)
        made = invitations.invite(
            tenant_id=self.tenant_id,
            email=given["email"],
            role=Role(given["role"]),
            by=BY,
            actor=self.actor,
        )
        at = f"/api/v1/invitations/{public_id('inv', made.pk)}"
        return created(request, InvitationDocument(made).data, at)


class InvitationView(JsonApiView):
    """One open invitation."""

    tag = "Members"
    required_scope = scopes("members.read", "members.write")
    path_ids = {"invitation": "inv"}
    operations = {
        "GET": Operation(says="Read an invitation", answer=InvitationDocument, versioned=True),
        "DELETE": Operation(says="Withdraw an invitation", status=204),
    }

    def get(self, request: Request, invitation: str) -> Response:
        """By id."""
        number = number_of("inv", invitation)
        found: Invitation | None = invitations.open_invitations(self.tenant_id).filter(pk=number).first()
        if found is None:
            raise NotFound
        return single(request, InvitationDocument(found).data)

    def delete(self, request: Request, invitation: str) -> Response:  # noqa: ARG002
        """Its link ends."""
        invitations.revoke(
            tenant_id=self.tenant_id, invitation_id=number_of("inv", invitation), actor=self.actor
        )
        return Response(status=204)


class InvitationResendView(JsonApiView):
    """Another mail."""

    tag = "Members"
    required_scope = scopes(write="members.write")
    path_ids = {"invitation": "inv"}
    operations = {
        "POST": Operation(
            says="Mail an invitation again",
            more="With a new link for seven days more.",
            answer=InvitationDocument,
            refusals={**_BEYOND, "invited_too_often": 429},
        )
    }

    def post(self, request: Request, invitation: str) -> Response:  # noqa: ARG002
        """The old link ends."""
        found = invitations.resend(
            tenant_id=self.tenant_id,
            invitation_id=number_of("inv", invitation),
            by=BY,
            actor=self.actor,
        )
        return Response(InvitationDocument(found).data)
