"""The custom fields: what templates call them, how values are read, what mail says without a value."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Capability, allows
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from campaigns.exceptions import BadContact, BadName
from campaigns.models import ContactField
from campaigns.selectors.fields import drafts_naming, fields_of, find_field, templates_naming
from campaigns.services import field_deletion
from campaigns.services.fields import RESERVED_KEYS, change_field, create_field
from campaigns.views.actor import actor_of

MOST_LABEL = 200


class LabelForm(forms.Form):
    """What may change of a field."""

    label = forms.CharField(max_length=MOST_LABEL, label=gettext_lazy("Label"))
    merge_default = forms.CharField(
        max_length=500,
        label=gettext_lazy("What mail says without a value"),
        help_text=gettext_lazy(
            "Nobody is left with a gap: this stands in the mail to everyone whose value is missing."
        ),
    )

    def refuse(self, error: BadContact) -> None:
        """Puts the refusal of the default at its control."""
        text = str(error.messages[error.code])
        self.add_error("merge_default", text % {"field": self.fields["merge_default"].label})


class FieldForm(LabelForm):
    """A new field."""

    key = forms.RegexField(
        r"\A[a-z][a-z0-9_]{0,59}\Z",
        label=gettext_lazy("Key"),
        help_text=gettext_lazy(
            "Templates say contact.key; lower-case letters, digits and _. It stays for good."
        ),
        error_messages={
            "invalid": gettext_lazy("Begin with a letter a–z, then letters a–z, digits and _; at most 60.")
        },
    )
    kind = forms.ChoiceField(choices=ContactField.Kind, label=gettext_lazy("Type"))
    field_order = ("label", "key", "kind", "merge_default")

    def __init__(self, data: Any = None, **values: Any) -> None:
        super().__init__(data, **values)
        self.fields["key"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}


@tenant_page(Capability.VIEW)
@require_GET
def fields(request: HttpRequest, member: Member) -> HttpResponse:
    """In the order they were made."""
    return _fields(request, member, FieldForm())


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def field_create(request: HttpRequest, member: Member) -> HttpResponse:
    """A new field."""
    form = FieldForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            create_field(
                tenant_id=member.tenant_id,
                key=said["key"],
                label=said["label"],
                kind=ContactField.Kind(said["kind"]),
                merge_default=said["merge_default"],
                actor=actor_of(request, member),
            )
        except BadName:
            taken = _("Templates use this word for something else.")
            form.add_error(
                "key", taken if said["key"] in RESERVED_KEYS else _("A field has this key already.")
            )
        except BadContact as error:
            form.refuse(error)
        else:
            messages.success(request, _("The field is made. Imports fill it, or you do, contact by contact."))
            return redirect("campaigns:fields", member.slug)
    return _fields(request, member, form)


@tenant_page(Capability.CONTACTS_EDIT)
def field(request: HttpRequest, member: Member, field_id: int) -> HttpResponse:
    """Label and default of one field, and the drafts that name it."""
    found = find_field(tenant_id=member.tenant_id, field_id=field_id)
    initial = {"label": found.label, "merge_default": _shown(found.merge_default)}
    form = LabelForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            change_field(
                tenant_id=member.tenant_id,
                field_id=field_id,
                label=form.cleaned_data["label"],
                merge_default=form.cleaned_data["merge_default"],
                actor=actor_of(request, member),
            )
        except BadContact as error:
            form.refuse(error)
        else:
            messages.success(request, _("Saved. It holds from the next launch on."))
            return redirect("campaigns:fields", member.slug)
    context = {
        "field": found,
        "form": form,
        "drafts": drafts_naming(tenant_id=member.tenant_id, key=found.key),
        "templates": templates_naming(tenant_id=member.tenant_id, key=found.key),
    }
    return render(request, "campaigns/field.html", context, status=422 if form.errors else 200)


@tenant_page(Capability.CONTACTS_EDIT)
@require_POST
def field_delete(request: HttpRequest, member: Member, field_id: int) -> HttpResponse:
    """Deletes the field; its values go in the background."""
    job = field_deletion.start(tenant_id=member.tenant_id, field_id=field_id, actor=actor_of(request, member))
    messages.success(request, _("The field is deleted. Its values are being removed."))
    return redirect("console:job", member.slug, job.pk)


def _fields(request: HttpRequest, member: Member, form: FieldForm) -> HttpResponse:
    rows = [(one, _shown(one.merge_default)) for one in fields_of(tenant_id=member.tenant_id)]
    context = {
        "rows": rows,
        "form": form,
        "may_edit": allows(member.role, Capability.CONTACTS_EDIT),
    }
    return render(request, "campaigns/fields.html", context, status=422 if form.errors else 200)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
