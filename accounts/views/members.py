"""Members: who may do what, inviting, changing roles, letting go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.validators import EmailValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.exceptions import AccountsError
from accounts.models import Invitation, Membership, Role
from accounts.permissions import CAPABILITIES, WORDS, Capability, allows, covers
from accounts.selectors.membership import Member
from accounts.services import invitations, members
from accounts.views.access import actor_of, tenant_page
from accounts.views.tabs import settings_tabs
from relay_saas.web.errors import BadRequest
from relay_saas.web.paging import Page, page_of

SIZE: Final = 50
REFUSED: Final = 422


class RoleForm(forms.Form):
    """A member's role, of those that whoever asks may give."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, data: Any = None, *, by: Role, **values: Any) -> None:
        super().__init__(data, **values)
        choices = [(role.value, role.label) for role in Role if covers(by, role)]
        self.fields["role"] = forms.ChoiceField(choices=choices, label=_("Role"))


class InviteForm(RoleForm):
    """Whom to ask, and as what."""

    email = forms.CharField(
        max_length=254,
        label=gettext_lazy("Mail address"),
        validators=[EmailValidator()],
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("email", "role")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """A member, and the form that changes the role; None where the one who looks may not."""

    membership: Membership
    form: RoleForm | None
    is_self: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    """A role in words."""

    label: str
    may: list[str]


@tenant_page(Capability.VIEW)
def member_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Members and open invitations."""
    return _page(request, member, InviteForm(by=member.role, initial={"role": Role.MARKETER.value}))


@tenant_page(Capability.MEMBERS_EDIT)
def invite(request: HttpRequest, member: Member) -> HttpResponse:
    """Mails an invitation; a GET leads to the form."""
    if request.method != "POST":
        return redirect("console:members", member.slug)
    form = InviteForm(request.POST, by=member.role)
    if form.is_valid():
        email = form.cleaned_data["email"]
        try:
            invitations.invite(
                tenant_id=member.tenant_id,
                email=email,
                role=Role(form.cleaned_data["role"]),
                by=member.role,
                actor=actor_of(request),
            )
        except AccountsError as error:
            form.add_error("email", f"{error} ({error.code})")
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": email})
            return redirect("console:members", member.slug)
    return _page(request, member, form, status=REFUSED)


@tenant_page(Capability.MEMBERS_EDIT)
def resend(request: HttpRequest, member: Member, invitation_id: int) -> HttpResponse:
    """Mails a new link; the old one ends."""

    def deed() -> str:
        sent = invitations.resend(
            tenant_id=member.tenant_id,
            invitation_id=invitation_id,
            by=member.role,
            actor=actor_of(request),
        )
        return _("A new link is on its way to %(email)s. The old one has ended.") % {"email": sent.email}

    return _carry_out(request, member, deed)


@tenant_page(Capability.MEMBERS_EDIT)
def revoke(request: HttpRequest, member: Member, invitation_id: int) -> HttpResponse:
    """Withdraws an invitation."""

    def deed() -> str:
        gone = invitations.revoke(
            tenant_id=member.tenant_id, invitation_id=invitation_id, actor=actor_of(request)
        )
        return _("The invitation of %(email)s is withdrawn.") % {"email": gone.email}

    return _carry_out(request, member, deed)


@tenant_page(Capability.MEMBERS_EDIT)
def change_role(request: HttpRequest, member: Member, membership_id: int) -> HttpResponse:
    """Gives a member another role."""
    wanted = request.POST.get("role", "")
    if request.method == "POST" and wanted not in Role.values:
        raise BadRequest

    def deed() -> str:
        changed = members.change_role(
            tenant_id=member.tenant_id,
            membership_id=membership_id,
            role=Role(wanted),
            by=member.role,
            actor=actor_of(request),
        )
        values = {"email": changed.user.email, "role": Role(changed.role).label}
        return _("%(email)s is now: %(role)s.") % values

    return _carry_out(request, member, deed)


@tenant_page(Capability.MEMBERS_EDIT)
def remove(request: HttpRequest, member: Member, membership_id: int) -> HttpResponse:
    """Ends a membership; who removes themselves lands at the front door."""

    def deed() -> str:
        email = members.remove_member(
            tenant_id=member.tenant_id, membership_id=membership_id, by=member.role, actor=actor_of(request)
        )
        return _("%(email)s is no member any more.") % {"email": email}

    answer = _carry_out(request, member, deed)
    still = Membership.objects.filter(tenant_id=member.tenant_id, user_id=member.user_id).exists()
    return answer if still else redirect("front_door")


def _carry_out(request: HttpRequest, member: Member, deed: Callable[[], str]) -> HttpResponse:
    """Does it, says what came of it, and leads back to the list."""
    if request.method == "POST":
        try:
            messages.success(request, deed())
        except AccountsError as error:
            messages.error(request, f"{error} ({error.code})")
    return redirect("console:members", member.slug)


def _page(request: HttpRequest, member: Member, form: InviteForm, status: int = 200) -> HttpResponse:
    may_edit = allows(member.role, Capability.MEMBERS_EDIT)
    found = Membership.objects.filter(tenant_id=member.tenant_id).select_related("user")
    page = page_of(found, order=["id"], cursor=request.GET.get("cursor"), size=SIZE)
    waiting: list[Invitation] = []
    if may_edit:
        waiting = list(invitations.open_invitations(member.tenant_id).order_by("-sent_at"))
    context = {
        "tabs": settings_tabs(member, "members"),
        "page": page,
        "rows": _rows(page, member) if may_edit else _rows(page, None),
        "roles": [RoleRow(label=str(role.label), may=words_of(role)) for role in Role],
        "invitations": waiting,
        "may_edit": may_edit,
        "form": form,
    }
    return render(request, "accounts/members.html", context, status=status)


def _rows(page: Page[Membership], by: Member | None) -> list[MemberRow]:
    rows = []
    for one in page.items:
        form = None
        if by is not None and covers(by.role, Role(one.role)):
            form = RoleForm(by=by.role, initial={"role": one.role}, auto_id=f"member_{one.pk}_%s")
        is_self = by is not None and one.user_id == by.user_id
        rows.append(MemberRow(membership=one, form=form, is_self=is_self))
    return rows


def words_of(role: Role) -> list[str]:
    """What a role may do, in the order of the table."""
    return [str(WORDS[capability]) for capability in Capability if capability in CAPABILITIES[role]]
