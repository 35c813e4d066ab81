"""The list of contacts, and a new one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.csv_file import Encoding
from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.exceptions import BadContact, ContactThere
from campaigns.models import Contact
from campaigns.selectors.contacts import Wanted, contact_page
from campaigns.selectors.fields import fields_of
from campaigns.selectors.headcounts import EVERYBODY, Heads, headcounts
from campaigns.selectors.lists import list_names
from campaigns.services.contacts import add_contact
from campaigns.views.actor import actor_of
from campaigns.views.contact_forms import AddForm, SearchForm


@tenant_page(Capability.VIEW)
@require_GET
def contact_list(request: HttpRequest, member: Member) -> HttpResponse:
    """Newest first, or what a search finds."""
    form = SearchForm(request.GET, lists=list_names(tenant_id=member.tenant_id))
    wanted = form.wanted if form.is_valid() else Wanted()
    cursor = request.GET.get("cursor")
    found = contact_page(tenant_id=member.tenant_id, wanted=wanted, cursor=cursor)
    heads = headcounts(tenant_id=member.tenant_id)
    context = {
        "form": form,
        "wanted": wanted,
        "found": found,
        "page": found.page,
        "everybody": heads.get(EVERYBODY, Heads()).here,
        "fitting": _fitting(wanted, heads),
        "may_edit": allows(member.role, Capability.CONTACTS_EDIT),
        "encodings": Encoding.choices,
        "may_export": allows(member.role, Capability.CONTACTS_EXPORT),
    }
    return render(request, "campaigns/contacts.html", context)


@tenant_page(Capability.CONTACTS_EDIT)
def contact_add(request: HttpRequest, member: Member) -> HttpResponse:
    """One contact, written by hand."""
    custom = fields_of(tenant_id=member.tenant_id)
    lists = list_names(tenant_id=member.tenant_id)
    form = AddForm(request.POST or None, custom=custom, lists=lists)
    if form.is_valid():
        contact = _added(request, member, form)
        if contact is not None:
            messages.success(request, _("The contact is added."))
            return redirect("campaigns:contact", member.slug, contact.pk)
    return render(
        request,
        "campaigns/contact_add.html",
        {"form": form, "no_lists": not lists},
        status=422 if form.errors else 200,
    )


def _added(request: HttpRequest, member: Member, form: AddForm) -> Contact | None:
    try:
        return add_contact(
            tenant_id=member.tenant_id,
            email=form.cleaned_data["email"],
            values=form.field_values,
            mailing_list_ids=form.cleaned_data.get("lists", []),
            actor=actor_of(request, member),
        )
    except BadContact as error:
        form.refuse(error)
    except ContactThere as error:
        there = reverse("campaigns:contact", args=[member.slug, error.contact_id])
        link = format_html('<a class="alert-link" href="{}">{}</a>', there, _("Open that contact"))
        form.add_error("email", format_html("{} {}", error, link))
    return None


def _fitting(wanted: Wanted, heads: dict[int, Heads]) -> int | None:
    """How many fit, where that is kept."""
    if wanted.text:
        return None
    if wanted.everybody:
        return heads.get(EVERYBODY, Heads()).here
    of_list = heads.get(wanted.mailing_list_id or 0, Heads())
    known = {"": of_list.total, "subscribed": of_list.here, "unsubscribed": of_list.away}
    return known.get(wanted.state) if wanted.mailing_list_id else None
