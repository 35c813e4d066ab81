"""The forms of templates."""

from typing import Self

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Template
from campaigns.services.starters import STARTERS
from campaigns.services.templates import MAX_NAME, TemplateDraft

_CODE = {"spellcheck": "false", "autocapitalize": "off", "data-editor": "", "data-merge": "", "wrap": "off"}


class StartForm(forms.Form):
    """What a template begins as."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME, help_text=_("Only you and your colleagues see it.")
    )
    starter = forms.ChoiceField(
        label=_("Begin with"),
        required=False,
        choices=[
            *((one.key, format_lazy("{}: {}", one.name, one.description)) for one in STARTERS),
            ("", _("Nothing: an empty template")),
        ],
        initial=STARTERS[0].key,
        widget=forms.RadioSelect,
    )


class TemplateForm(forms.Form):
    """Name and sources; the sources may be faulty."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)
    markup = forms.ChoiceField(label=_("Written in"), choices=Campaign.Markup.choices)
    html_source = forms.CharField(
        label=_("Mail"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, **_CODE}),
    )
    text_source = forms.CharField(
        label=_("Text part"),
        required=False,
        strip=False,
        help_text=_("For mail programs that show no HTML. Empty: made from the mail."),
        widget=forms.Textarea(attrs={"rows": 6, **_CODE}),
    )

    @classmethod
    def of(cls, template: Template) -> Self:
        """The form of a template as it is saved."""
        return cls(initial={name: getattr(template, name) for name in cls.base_fields})

    @classmethod
    def kept(cls, form: "TemplateForm", *, version: int) -> Self:
        """What was written, to be saved over `version`."""
        return cls(initial=form.cleaned_data | {"version": version})

    def draft(self) -> TemplateDraft:
        """The values for the service."""
        values = self.cleaned_data
        return TemplateDraft(
            name=values["name"],
            markup=values["markup"],
            html_source=values["html_source"],
            text_source=values["text_source"],
        )
