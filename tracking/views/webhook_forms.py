"""Forms of webhooks."""

from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from delivery.models.stream import Stream
from relay_saas.net.exceptions import BadUrl
from relay_saas.net.guard import guard_from_settings
from relay_saas.net.target import MAX_URL, parse_target
from tracking.models import WebhookEndpoint
from tracking.selectors.event_words import LABELS, SUBSCRIBABLE
from tracking.services.webhooks import MAX_TEXT, MOST_BATCH, WebhookDraft

_STREAMS: Final = [(str(one.value), one.label) for one in (Stream.TRANSACTIONAL, Stream.MARKETING)]
_TYPES: Final = [(name, format_lazy("{} – {}", name, LABELS[name])) for name in SUBSCRIBABLE]


class WebhookForm(forms.Form):
    """An endpoint, new or changed."""

    url = forms.CharField(
        max_length=MAX_URL,
        label=_("Address"),
        help_text=_("A page of your server that takes POST, for example https://example.com/hooks/mail."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        required=False,
        max_length=MAX_TEXT,
        label=_("What it is for"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    mode = forms.ChoiceField(
        required=False,
        choices=WebhookEndpoint.Mode.choices,
        initial=WebhookEndpoint.Mode.LIVE,
        label=_("It is told of"),
        help_text=_("Mail of test keys is never sent; what becomes of it is made up, and marked as a test."),
        widget=forms.RadioSelect,
    )
    types = forms.MultipleChoiceField(
        required=False,
        choices=_TYPES,
        label=_("Event types"),
        help_text=_("None chosen: every event, also those that come later."),
        widget=forms.CheckboxSelectMultiple,
    )
    streams = forms.MultipleChoiceField(
        required=False,
        choices=_STREAMS,
        label=_("Streams"),
        help_text=_("None chosen: mail of every stream."),
        widget=forms.CheckboxSelectMultiple,
    )
    tags = forms.CharField(
        required=False,
        max_length=2000,
        label=_("Tags"),
        help_text=_("Separated by commas. Empty: mail with any tag, and without one."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    format = forms.ChoiceField(
        choices=WebhookEndpoint.Format.choices,
        label=_("Form of the calls"),
        help_text=_("Postmark: for programs that understand Postmark’s webhooks, such as django-anymail."),
    )
    batch = forms.IntegerField(
        min_value=1,
        max_value=MOST_BATCH,
        initial=1,
        label=_("Events in one call, at most"),
        help_text=_("1: a call for each event. More is quicker where there is much mail."),
    )

    def clean_url(self) -> str:
        """Says what is wrong with the address at its field."""
        text: str = self.cleaned_data["url"].strip()
        try:
            parse_target(text, guard_from_settings())
        except BadUrl as error:
            raise forms.ValidationError(error.message, code=error.code) from error
        return text

    def draft(self) -> WebhookDraft:
        """What was written; call it when the form is valid."""
        values = self.cleaned_data
        return WebhookDraft(
            url=values["url"],
            description=values["description"],
            types=values["types"],
            streams=[int(one) for one in values["streams"]],
            tags=[tag.strip()[:MAX_TEXT] for tag in values["tags"].split(",") if tag.strip()],
            mode=values["mode"] or WebhookEndpoint.Mode.LIVE.value,
            format=values["format"],
            batch=values["batch"],
        )


def initial_of(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """The form's values for an endpoint that there is."""
    return {
        "url": endpoint.url,
        "description": endpoint.description,
        "types": endpoint.types,
        "streams": [str(one) for one in endpoint.streams],
        "tags": ", ".join(endpoint.tags),
        "mode": endpoint.mode,
        "format": endpoint.format,
        "batch": endpoint.batch,
    }


class TestForm(forms.Form):
    """Which event a test is an example of."""

    event_type = forms.ChoiceField(
        choices=[(name, name) for name in ("webhook.test", *SUBSCRIBABLE)], label=_("Example of")
    )


class _Moment(forms.DateTimeInput):
    """The browser's own field for a day and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class ReplayForm(forms.Form):
    """A stretch of time; the times are those of the organization's zone."""

    since = forms.DateTimeField(label=_("From"), widget=_Moment(), input_formats=["%Y-%m-%dT%H:%M"])
    until = forms.DateTimeField(label=_("To"), widget=_Moment(), input_formats=["%Y-%m-%dT%H:%M"])

    def clean(self) -> dict[str, Any]:
        """A stretch that ends before it begins is a slip of the hand."""
        cleaned = super().clean() or {}
        since: datetime | None = cleaned.get("since")
        until: datetime | None = cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", _("The period ends before it begins."))
        return cleaned


def described(names: list[str]) -> list[tuple[str, Any]]:
    """Event types with what they say."""
    return [(name, LABELS.get(name, "")) for name in names]
