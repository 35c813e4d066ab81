"""One contact: fields, lists, suppressions; edit, subscribe, unsubscribe, delete."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.exceptions import BadContact
from campaigns.models import Contact, Subscription, Suppression
from campaigns.selectors.contacts import find_contact, full_name
from campaigns.selectors.fields import fields_of
from campaigns.selectors.lists import list_names
from campaigns.services.contacts import change_contact, delete_contact
from campaigns.services.subscriptions import set_subscription
from campaigns.views.actor import actor_of
from campaigns.views.contact_forms import FieldsForm, PlaceForm
from campaigns.views.origin import origin_text


@tenant_page(Capability.VIEW)
@require_GET
def contact(request: HttpRequest, member: Member, contact_id: int) -> HttpResponse:
    """Everything that the organization knows of them; what was sent to them is asked for apart."""
    found = find_contact(tenant_id=member.tenant_id, contact_id=contact_id)
    return render(request, "campaigns/contact.html", _context(member, found))


@tenant_page(Capability.CONTACTS_EDIT)
def contact_edit(request: HttpRequest, member: Member, contact_id: int) -> HttpResponse:
    """The custom fields; the address is who they are and stays."""
    found = find_contact(tenant_id=member.tenant_id, contact_id=contact_id)
    custom = fields_of(tenant_id=member.tenant_id)
    form = FieldsForm(request.POST if request.method == "POST" else None, custom=custom, attrs=found.attrs)
    if form.is_valid():
        try:
            change_contact(
                tenant_id=member.tenant_id,
                contact_id=contact_id,
                values=form.field_values,
                actor=actor_of(request, member),
            )
        except BadContact as error:
            form.refuse(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("campaigns:contact", member.slug, contact_id)
    context = {"contact": found, "form": form, "custom": custom}
    return render(request, "campaigns/contact_edit.html", context, status=422 if form.errors else 200)


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def contact_place(request: HttpRequest, member: Member, contact_id: int) -> HttpResponse:
    """Puts them on a list or takes them off it."""
    found = find_contact(tenant_id=member.tenant_id, contact_id=contact_id)
    named = found.subscriptions.values_list("mailing_list_id", "mailing_list__name")
    lists = {*named, *list_names(tenant_id=member.tenant_id)}
    form = PlaceForm(request.POST, lists=lists)
    if not form.is_valid():
        return render(request, "campaigns/contact.html", _context(member, found, form), status=422)
    state = Subscription.State(form.cleaned_data["state"])
    moved = set_subscription(
        tenant_id=member.tenant_id,
        contact_id=contact_id,
        mailing_list_id=form.cleaned_data["list"],
        state=state,
        reason=form.cleaned_data["reason"],
        actor=actor_of(request, member),
    )
    if not moved:
        messages.info(request, _("Nothing changed: it was so already."))
    elif state == Subscription.State.SUBSCRIBED:
        messages.success(request, _("They are on the list now."))
    else:
        messages.success(request, _("They are unsubscribed from the list."))
    return redirect("campaigns:contact", member.slug, contact_id)


@tenant_page(Capability.CONTACTS_EDIT)
def contact_delete(request: HttpRequest, member: Member, contact_id: int) -> HttpResponse:
    """Says what goes and what stays; then deletes."""
    found = find_contact(tenant_id=member.tenant_id, contact_id=contact_id)
    if request.method == "POST":
        delete_contact(tenant_id=member.tenant_id, contact_id=contact_id, actor=actor_of(request, member))
        messages.success(request, _("The contact is deleted."))
        return redirect("campaigns:contacts", member.slug)
    places = list(found.subscriptions.select_related("mailing_list"))
    context = {
        "contact": found,
        "places": places,
        "left": any(place.state == Subscription.State.UNSUBSCRIBED for place in places),
        "values": len(found.attrs),
    }
    return render(request, "campaigns/contact_delete.html", context)


def _context(member: Member, found: Contact, refused: PlaceForm | None = None) -> dict[str, object]:
    places = list(found.subscriptions.select_related("mailing_list").order_by("mailing_list__name"))
    joined = {place.mailing_list_id for place in places}
    free = [one for one in list_names(tenant_id=member.tenant_id) if one[0] not in joined]
    tried = refused.data.get("list") if refused is not None else None
    rows = []
    for place in places:
        mine = refused if tried == str(place.mailing_list_id) else None
        rows.append((place, origin_text(place.source), mine or _place_form(place)))
    join = refused if refused is not None and tried in {str(pk) for pk, _name in free} else None
    custom = fields_of(tenant_id=member.tenant_id)
    return {
        "contact": found,
        "name": full_name(found),
        "values": [(field.label, field.kind, found.attrs.get(field.key)) for field in custom],
        "custom": custom,
        "places": rows,
        "refused": refused,
        "join": (join or _join_form(free)) if free else None,
        "suppressions": Suppression.objects.filter(email_key=found.email_key).order_by("scope"),
        "may_edit": allows(member.role, Capability.CONTACTS_EDIT),
    }


def _place_form(place: Subscription) -> PlaceForm:
    other = (
        Subscription.State.UNSUBSCRIBED
        if place.state == Subscription.State.SUBSCRIBED
        else Subscription.State.SUBSCRIBED
    )
    lists = [(place.mailing_list_id, place.mailing_list.name)]
    initial = {"list": place.mailing_list_id, "state": other}
    return PlaceForm(lists=lists, initial=initial, auto_id=f"place_{place.mailing_list_id}_%s")


def _join_form(lists: list[tuple[int, str]]) -> PlaceForm:
    return PlaceForm(lists=lists, initial={"state": Subscription.State.SUBSCRIBED}, auto_id="join_%s")
