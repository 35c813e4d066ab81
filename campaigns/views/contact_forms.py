"""The forms of contacts: search, add, edit, and a change of one place on a list."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.exceptions import BadContact
from campaigns.models import ContactField, Subscription, Suppression
from campaigns.selectors.contacts import SUPPRESSED, Wanted
from campaigns.services.import_errors import reason_text

MOST_REASON: Final = 500
_PREFIX: Final = "field_"


class SearchForm(forms.Form):
    """What the list of contacts is asked for; a foreign list is none of the choices."""

    q = forms.CharField(required=False, max_length=254, label=gettext_lazy("Address or name"))
    list = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, label=gettext_lazy("List"))
    state = forms.ChoiceField(required=False, label=gettext_lazy("State"))

    def __init__(self, data: Any = None, *, lists: Iterable[tuple[int, str]], **values: Any) -> None:
        super().__init__(data, **values)
        self.fields["q"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "type": "search"}
        self.fields["list"].choices = [("", _("All lists")), *lists]  # type: ignore[attr-defined]  # a choice field
        self.fields["state"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", _("Any state")),
            *Subscription.State.choices,
            (SUPPRESSED, _("Suppressed")),
        ]

    @property
    def wanted(self) -> Wanted:
        """The question; call it once the form is valid."""
        asked = self.cleaned_data
        return Wanted(text=asked["q"], mailing_list_id=asked["list"], state=asked["state"])


class FieldsForm(forms.Form):
    """One control for each custom field; values stay texts, as the service reads them."""

    def __init__(
        self,
        data: Any = None,
        *,
        custom: Iterable[ContactField],
        attrs: Mapping[str, object] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(data, **values)
        self.custom = {field.key: field for field in custom}
        for key, field in self.custom.items():
            self.fields[_PREFIX + key] = _control(field)
            if attrs is not None:
                self.initial[_PREFIX + key] = _text(attrs.get(key))

    @property
    def field_values(self) -> dict[str, str]:
        """The texts by field key."""
        return {key: self.cleaned_data[_PREFIX + key] for key in self.custom}

    def refuse(self, error: BadContact) -> None:
        """Puts the service's refusal at the control that it is about."""
        if "address_code" in error.values:
            self.add_error("email", reason_text(f"address_{error.values['address_code']}", ""))
            return
        key = error.values.get("field")
        name = _PREFIX + str(key)
        field = self.custom.get(str(key))
        text = error.messages[error.code]
        said = str(text) % (error.values | {"field": field.label if field else key})
        self.add_error(name if name in self.fields else None, said)


class AddForm(FieldsForm):
    """A new contact."""

    email = forms.CharField(max_length=1000, strip=False, label=gettext_lazy("E-mail address"))
    lists = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Lists"),
        help_text=gettext_lazy("Choose only lists that the person agreed to."),
    )

    def __init__(self, data: Any = None, *, lists: Iterable[tuple[int, str]], **values: Any) -> None:
        super().__init__(data, **values)
        self.fields["email"].widget.attrs |= {
            "autocomplete": "off",
            "inputmode": "email",
            "spellcheck": "false",
        }
        offered = list(lists)
        self.fields["lists"].choices = offered  # type: ignore[attr-defined]  # a choice field
        if not offered:
            del self.fields["lists"]


class PlaceForm(forms.Form):
    """Joins a list or leaves it, with the reason."""

    list = forms.TypedChoiceField(coerce=int, label=gettext_lazy("List"))
    state = forms.ChoiceField(choices=Subscription.State, widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=MOST_REASON,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("For example: asked by phone on 3 June."),
    )

    def __init__(self, data: Any = None, *, lists: Iterable[tuple[int, str]], **values: Any) -> None:
        super().__init__(data, **values)
        self.fields["list"].choices = list(lists)  # type: ignore[attr-defined]  # a choice field


class PasteForm(forms.Form):
    """Addresses to suppress, one a line."""

    addresses = forms.CharField(
        max_length=1_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        label=gettext_lazy("Addresses to suppress"),
        help_text=gettext_lazy("One address a line, at most 10,000."),
    )
    scope = forms.ChoiceField(
        choices=Suppression.Scope, initial=Suppression.Scope.MARKETING, label=gettext_lazy("What is stopped")
    )
    detail = forms.CharField(
        max_length=MOST_REASON,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("It stands beside each address from now on."),
    )


class RemovalForm(forms.Form):
    """Why an address may be mailed again."""

    reason = forms.CharField(
        max_length=MOST_REASON,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("It is kept in the audit log with your name."),
    )


def _control(field: ContactField) -> forms.Field:
    if field.kind == ContactField.Kind.BOOLEAN:
        choices = [("", _("not known")), ("true", _("Yes")), ("false", _("No"))]
        return forms.ChoiceField(required=False, choices=choices, label=field.label)
    attrs = {"autocomplete": "off"}
    if field.kind == ContactField.Kind.NUMBER:
        attrs["inputmode"] = "decimal"
    elif field.kind == ContactField.Kind.DATE:
        attrs["type"] = "date"
    return forms.CharField(
        required=False, max_length=10_000, label=field.label, widget=forms.TextInput(attrs=attrs)
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
