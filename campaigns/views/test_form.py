"""The form that sends a test: which of our people get it, and as whom they see it."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.selectors.addresses import member_addresses
from accounts.selectors.membership import Member
from campaigns.models import Contact

#: One look is enough; more would be a way around a campaign's rules.
MAX_ADDRESSES: Final = 5


class TestForm(forms.Form):
    """Choices are the members' own addresses and the first people of the list."""

    __test__ = False

    addresses = forms.MultipleChoiceField(
        label=gettext_lazy("To"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose who gets the test.")},
    )
    contact = forms.TypedChoiceField(
        label=gettext_lazy("Shown as"), coerce=int, empty_value=None, required=False
    )

    def __init__(self, data: Any = None, *, member: Member, people: Sequence[Contact]) -> None:
        known = member_addresses(tenant_id=member.tenant_id)
        own = next((address for address, user_id in known.items() if user_id == member.user_id), None)
        super().__init__(data, auto_id="test_%s", initial={"addresses": [own] if own else []})
        self.fields["addresses"].choices = [(address, address) for address in known]  # type: ignore[attr-defined]  # a choice field
        self.fields["contact"].choices = [(person.pk, person.email) for person in people]  # type: ignore[attr-defined]  # a choice field
        self.has_people = bool(people)

    def clean_addresses(self) -> list[str]:
        """At most five."""
        chosen: list[str] = self.cleaned_data["addresses"]
        if len(chosen) > MAX_ADDRESSES:
            raise forms.ValidationError(
                _("Choose at most %(limit)s addresses.") % {"limit": MAX_ADDRESSES}, code="too_many_addresses"
            )
        return chosen
