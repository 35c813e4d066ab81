"""The forms in which a campaign is made: each writes some fields of the draft, over a version of it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.exceptions import BadDraft
from campaigns.models import Campaign, Template
from campaigns.selectors.lists import list_names
from campaigns.selectors.senders import marketing_domains
from campaigns.services.campaigns import reply_address, sender_address

#: The longest value of a header; a template may be a little longer than what it becomes.
MAX_LINE: Final = 4_000
#: As long as a source may be (relay_saas.mail.markup).
MAX_SOURCE: Final = 512 * 1024
#: So many lists are shown as buttons; more are a menu.
MAX_BUTTONS: Final = 12


class NewCampaignForm(forms.Form):
    """A name, and a template to begin with; without a name it gets one with the date."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=200,
        help_text=_("For you and your colleagues; recipients never see it."),
    )
    template = forms.TypedChoiceField(label=_("Begin with"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Mapping[str, Any] | None = None, *, templates: Sequence[Template]) -> None:
        super().__init__(data)
        offer(self, "template", [("", _("A plain letter")), *((one.pk, one.name) for one in templates)])


class DraftForm(forms.Form):
    """A part of the draft; `version` is the one that the person saw."""

    #: Names of CampaignDraft that the form writes.
    writes: ClassVar[tuple[str, ...]] = ()

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, campaign: Campaign) -> None:
        super().__init__(data, initial=self.values_of(campaign) | {"version": campaign.version})
        self.campaign = campaign

    @classmethod
    def values_of(cls, campaign: Campaign) -> dict[str, Any]:
        """What the fields show for a campaign."""
        return {name: getattr(campaign, name) for name in cls.writes}

    def changes(self) -> dict[str, object]:
        """What can be saved: every field without an error."""
        return {name: self.cleaned_data[name] for name in self.writes if name in self.cleaned_data}

    def words(self, name: str, value: str) -> str:
        """A field's value as people read it: the label of a choice."""
        choices: Sequence[tuple[object, object]] = getattr(self.fields[name], "choices", ())
        return next((str(label) for key, label in choices if str(key) == value), value)


class SetupForm(DraftForm):
    """Who writes, and what the mailbox shows."""

    writes = ("name", "from_name", "from_address", "reply_to", "subject", "preheader")

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        help_text=_("For you and your colleagues; recipients never see it."),
    )
    subject = forms.CharField(label=_("Subject"), required=False, max_length=MAX_LINE)
    preheader = forms.CharField(
        label=_("Preheader"),
        required=False,
        max_length=MAX_LINE,
        help_text=_("Mailboxes show it beside the subject."),
    )
    from_name = forms.CharField(label=_("Sender’s name"), required=False, max_length=MAX_LINE)
    from_local = forms.CharField(
        label=_("Sender’s address, before the @"),
        required=False,
        max_length=320,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "email"}),
    )
    from_domain = forms.ChoiceField(label=_("At this domain"), required=False)
    reply_to = forms.CharField(
        label=_("Reply address"),
        required=False,
        max_length=320,
        help_text=_("Empty: replies go to the sender’s address."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "email"}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, campaign: Campaign) -> None:
        super().__init__(data, campaign=campaign)
        for name in ("subject", "preheader"):
            self.fields[name].widget.attrs |= {"data-merge": "", "data-count": "", "autocomplete": "off"}
        self.domains = marketing_domains(tenant_id=campaign.tenant_id)
        choices: list[tuple[object, object]] = [(name, name) for name in self.domains]
        current = self.initial["from_domain"]
        if current and current not in self.domains:
            choices.append((current, _("%(domain)s (not verified)") % {"domain": current}))
        if not choices:
            choices = [("", _("no verified domain yet"))]
        offer(self, "from_domain", choices)

    @classmethod
    def values_of(cls, campaign: Campaign) -> dict[str, Any]:
        """The address in two halves."""
        local, _at, domain = campaign.from_address.rpartition("@")
        return super().values_of(campaign) | {"from_local": local, "from_domain": domain}

    def clean(self) -> dict[str, Any]:
        """Puts the halves together."""
        cleaned = self.cleaned_data
        if "from_local" in cleaned and "from_domain" in cleaned:
            self._keep("from_local", "from_address", _whole(cleaned["from_local"], cleaned["from_domain"]))
        if "reply_to" in cleaned:
            self._keep("reply_to", "reply_to", cleaned["reply_to"])
        return cleaned

    def _keep(self, field: str, name: str, address: str) -> None:
        if not address:
            self.cleaned_data[name] = ""
            return
        try:
            self.cleaned_data[name] = (
                reply_address(address)
                if name == "reply_to"
                else sender_address(self.campaign.tenant_id, address)
            )
        except BadDraft as error:
            self.add_error(field, forms.ValidationError(str(error), code=error.code))


class AudienceForm(DraftForm):
    """To whom."""

    writes = ("mailing_list_id",)

    mailing_list_id = forms.TypedChoiceField(
        label=_("List"), required=False, coerce=int, empty_value=None, widget=forms.RadioSelect
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, campaign: Campaign) -> None:
        super().__init__(data, campaign=campaign)
        self.lists = list_names(tenant_id=campaign.tenant_id)
        chosen = campaign.mailing_list
        if chosen is not None and chosen.archived_at is not None:
            self.lists.append((chosen.pk, chosen.name))
        choices: list[tuple[object, object]] = [*self.lists]
        if len(self.lists) > MAX_BUTTONS:
            self.fields["mailing_list_id"].widget = forms.Select()
            choices = [("", _("Choose a list")), *choices]
        offer(self, "mailing_list_id", choices)


class DesignForm(DraftForm):
    """What the mail says."""

    writes = ("markup", "html_source", "text_source")

    markup = forms.ChoiceField(
        label=_("Written in"), choices=Campaign.Markup.choices, widget=forms.RadioSelect
    )
    html_source = forms.CharField(
        label=_("The mail"),
        required=False,
        strip=False,
        max_length=MAX_SOURCE,
        widget=forms.Textarea(attrs={"rows": 24, "data-editor": "", "data-merge": "", "wrap": "off"}),
    )
    text_source = forms.CharField(
        label=_("Text part"),
        required=False,
        strip=False,
        max_length=MAX_SOURCE,
        help_text=_("For mail programs that show no HTML. Empty: it is made from the mail above."),
        widget=forms.Textarea(attrs={"rows": 8, "data-editor": "", "data-merge": "", "wrap": "off"}),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, campaign: Campaign) -> None:
        super().__init__(data, campaign=campaign)
        for name in ("html_source", "text_source"):
            self.fields[name].widget.attrs |= {"spellcheck": "false", "autocapitalize": "off"}


def offer(form: forms.Form, name: str, choices: list[tuple[object, object]]) -> None:
    """Sets what a choice field offers."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} offers no choices")
    field.choices = choices


def _whole(local: str, domain: str) -> str:
    """The address; whoever writes a whole one into the first half means that."""
    if not local or "@" in local or not domain:
        return local
    return f"{local}@{domain}"
