"""The forms of the brakes: stop, slow, give up; each asks for a reason."""

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from delivery.models.stream import Stream
from delivery.selectors.operations import LaneRow
from relay_saas.console.ops.target import ALL, Target, target_of
from relay_saas.web.errors import NotFound

MOST_REASON: Final = 500
LASTS: Final = (
    ("", gettext_lazy("until somebody lifts it")),
    ("1", gettext_lazy("one hour")),
    ("4", gettext_lazy("four hours")),
    ("24", gettext_lazy("one day")),
)
AGES: Final = (
    ("1", gettext_lazy("one hour ago")),
    ("6", gettext_lazy("six hours ago")),
    ("24", gettext_lazy("one day ago")),
    ("48", gettext_lazy("two days ago")),
)


class ConfirmedSelect(forms.Select):
    """A select whose options each carry the question that the dialog asks."""

    def __init__(self, questions: dict[str, str]) -> None:
        self.questions = questions
        super().__init__()

    def create_option(self, *args: Any, **values: Any) -> dict[str, Any]:
        """Django's option, with the question."""
        option: dict[str, Any] = super().create_option(*args, **values)
        option["attrs"]["data-confirm"] = self.questions.get(str(option["value"]), "")
        return option


class ReasonForm(forms.Form):
    """What every deed shares."""

    reason = forms.CharField(max_length=MOST_REASON, label=gettext_lazy("Reason"))

    def __init__(self, data: Any = None, *, prefix: str, **values: Any) -> None:
        # Several forms stand on one page: their fields need ids of their own, not other names.
        super().__init__(data, auto_id=f"{prefix}_%s", **values)
        self.fields["reason"].widget.attrs["data-confirm-reason"] = _("Reason")


class _TargetForm(ReasonForm):
    """What every brake shares."""

    what = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def clean_what(self) -> Target:
        """The target behind the word."""
        try:
            return target_of(self.cleaned_data["what"])
        except NotFound as error:
            raise forms.ValidationError(_("There is nothing of this kind any more.")) from error


class StopForm(_TargetForm):
    """Suspends."""

    lasts = forms.ChoiceField(choices=LASTS, required=False, label=gettext_lazy("For how long"))

    @property
    def lasting(self) -> timedelta | None:
        """How long, where it is said."""
        hours = self.cleaned_data["lasts"]
        return timedelta(hours=int(hours)) if hours else None


class RedSwitchForm(StopForm):
    """Suspends what is chosen: everything, a stream, a provider with open work."""

    field_order = ("what", "reason", "lasts")

    def __init__(
        self, data: Any = None, *, rows: list[LaneRow], providers: dict[int, str], **values: Any
    ) -> None:
        super().__init__(data, **values)
        choices, questions = _choices(rows, providers)
        field = forms.ChoiceField(
            choices=choices, label=_("What to stop"), widget=ConfirmedSelect(questions), initial=ALL
        )
        self.fields["what"] = field
        self.order_fields(self.field_order)


class ExpireForm(_TargetForm):
    """Gives up what is old."""

    older_than = forms.ChoiceField(choices=AGES, label=gettext_lazy("Accepted longer than"), initial="24")

    @property
    def age(self) -> timedelta:
        """How old it must be."""
        return timedelta(hours=int(self.cleaned_data["older_than"]))


def stop_question(label: str, waiting: int) -> str:
    """What the dialog says before something is stopped."""
    shown = number_format(waiting, force_grouping=True)
    count = ngettext(
        "%(n)s message waits there and stays in the queue.",
        "%(n)s messages wait there and stay in the queue.",
        waiting,
    ) % {"n": shown}
    first = _("“%(what)s” will be stopped at once: no new message is begun.") % {"what": label}
    return f"{first} {count} " + _("Messages on the wire are finished.")


def _choices(rows: list[LaneRow], providers: dict[int, str]) -> tuple[list[Any], dict[str, str]]:
    """The choices in groups, and the question of each."""
    by_provider: dict[int, int] = {}
    by_stream: dict[int, int] = {}
    for row in rows:
        n = row.waiting + row.leased
        by_provider[row.provider_id] = by_provider.get(row.provider_id, 0) + n
        by_stream[row.stream] = by_stream.get(row.stream, 0) + n
    everything = _("All sending")
    questions = {ALL: stop_question(everything, sum(by_stream.values()))}
    streams = []
    for stream in Stream:
        word, label = f"stream:{stream.value}", str(stream.label)
        streams.append((word, label))
        questions[word] = stop_question(label, by_stream.get(stream.value, 0))
    busy = []
    for number in sorted(by_provider, key=lambda number: -by_provider[number]):
        if number and number in providers:
            word = f"provider:{number}"
            busy.append((word, providers[number]))
            questions[word] = stop_question(providers[number], by_provider[number])
    groups: list[Any] = [(ALL, everything), (_("A stream"), streams)]
    return groups + ([(_("A provider"), busy[:50])] if busy else []), questions
