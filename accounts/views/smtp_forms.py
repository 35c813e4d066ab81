"""The form of an SMTP credential, for a new one and for changes."""

from dataclasses import asdict
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy

from accounts.exceptions import BadCredential
from accounts.models import SmtpCredential
from accounts.models.stream import Stream
from accounts.services.organization import one_line
from accounts.services.smtp_draft import MAX_LIMIT, MAX_NAME, CredentialDraft, draft_of

_STREAMS: Final = [(str(one.value), one.label) for one in (Stream.TRANSACTIONAL, Stream.MARKETING)]
_MOST: Final = 10_000


def _lines(label: Any, help_text: Any) -> forms.CharField:
    box = forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(required=False, max_length=_MOST, widget=box, label=label, help_text=help_text)


def _limit(label: Any, help_text: Any) -> forms.IntegerField:
    return forms.IntegerField(
        required=False, min_value=1, max_value=MAX_LIMIT, label=label, help_text=help_text
    )


class CredentialForm(forms.Form):
    """What a credential may do."""

    name = forms.CharField(
        max_length=MAX_NAME,
        validators=[one_line],
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Where it will be used, for example: Taro’s Outlook."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    allowed_from = _lines(
        gettext_lazy("It may send from"),
        gettext_lazy(
            "One address or domain a line; * stands for anything before the @, for example "
            "*@news.example.com. Empty: every verified domain."
        ),
    )
    networks = _lines(
        gettext_lazy("It may be used from"),
        gettext_lazy("One IP address or network a line, for example 203.0.113.0/24. Empty: from anywhere."),
    )
    stream = forms.ChoiceField(
        choices=_STREAMS,
        label=gettext_lazy("Stream"),
        help_text=gettext_lazy("Marketing mail gets an unsubscribe header, and opt-outs are respected."),
    )
    track_opens = forms.BooleanField(required=False, label=gettext_lazy("Count opens"))
    track_clicks = forms.BooleanField(required=False, label=gettext_lazy("Count clicks"))
    rate_per_minute = _limit(
        gettext_lazy("Recipients a minute, at most"), gettext_lazy("Empty: no limit of its own.")
    )
    daily_limit = _limit(
        gettext_lazy("Recipients a day, at most"),
        gettext_lazy("A day of the organization’s time zone. Empty: no limit of its own."),
    )
    bounce_notice = forms.CharField(
        required=False,
        max_length=254,
        label=gettext_lazy("Reports of mail that does not arrive, to"),
        help_text=gettext_lazy(
            "For people with a mail program: a member’s address, or one at a verified domain. Empty, as "
            "programs have it: no reports; webhooks and the message page tell instead."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )

    def draft(self) -> CredentialDraft:
        """What was written; call it when the form is valid."""
        values = self.cleaned_data
        return CredentialDraft(
            name=values["name"],
            allowed_from=_entries(values["allowed_from"]),
            networks=_entries(values["networks"]),
            stream=Stream(int(values["stream"])),
            track_opens=values["track_opens"],
            track_clicks=values["track_clicks"],
            rate_per_minute=values["rate_per_minute"],
            daily_limit=values["daily_limit"],
            bounce_notice=values["bounce_notice"],
        )

    def refuse(self, error: BadCredential) -> None:
        """Puts each problem to its field."""
        for problem in error.errors:
            field = problem.pointer.split("/")[1]
            self.add_error(field if field in self.fields else None, f"{problem.detail} ({problem.code})")


def initial_of(credential: SmtpCredential) -> dict[str, Any]:
    """What the form shows of it."""
    values = asdict(draft_of(credential))
    lists = {name: "\n".join(values[name]) for name in ("allowed_from", "networks")}
    return values | lists | {"stream": str(int(credential.stream))}


def _entries(text: str) -> list[str]:
    """Lines; commas separate as well."""
    parts = [part.strip() for line in text.splitlines() for part in line.split(",")]
    return [part for part in parts if part]
