"""Forms of the import: the upload, how the file is read, what its columns are."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import ContactField, ContactImport
from campaigns.services.column_guess import EMAIL, fold
from campaigns.services.column_plan import MAX_LABEL, NEW, SKIP, Choice

#: Characters; whoever has more has a file.
MAX_PASTE: Final = 2_000_000
PASTED: Final = _("Pasted text")
NEW_LIST: Final = "new"

ENCODINGS: Final = (
    ("utf-8", "UTF-8"),
    ("utf-8-sig", _("UTF-8 with BOM")),
    ("cp932", "Shift_JIS (Windows-31J)"),
    ("euc_jp", "EUC-JP"),
    ("utf-16", "UTF-16"),
)
#: Names of the delimiters in forms: a tab does not survive there.
DELIMITERS: Final = {"comma": ",", "tab": "\t", "semicolon": ";"}
DELIMITER_LABELS: Final = (("comma", _("Comma")), ("tab", _("Tab")), ("semicolon", _("Semicolon")))


class UploadForm(forms.Form):
    """A file or a text, the list, and where people agreed."""

    # First: what is cut off on its way then lacks what follows, and is refused.
    file = forms.FileField(
        label=_("File"),
        required=False,
        allow_empty_file=True,
        max_length=1000,
        help_text=_("CSV or TSV, at most 512 MB. Excel: “Save as”, then “CSV UTF-8”."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/plain"}),
    )
    text = forms.CharField(
        label=_("Or paste rows"),
        required=False,
        strip=False,
        max_length=MAX_PASTE,
        help_text=_("As copied from a spreadsheet, the names of the columns first."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    mailing_list = forms.ChoiceField(label=_("List"))
    new_list = forms.CharField(label=_("Name of a new list"), required=False, max_length=200)
    consent = forms.ChoiceField(
        label=_("Where did these people agree to get mail from you?"),
        choices=ContactImport.Consent.choices,
        widget=forms.RadioSelect,
        help_text=_("Kept with the import, so that you can show it when somebody asks."),
    )
    consent_note = forms.CharField(
        label=_("Notes on their consent"),
        required=False,
        max_length=500,
        help_text=_("For example the address of the form, or the name and date of the event."),
    )

    def __init__(self, *values: Any, lists: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*values, **more)
        field = self.fields["mailing_list"]
        field.choices = [*lists, (NEW_LIST, _("A new list"))]  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        """A file or a text, not both and not none; a new list has a name; “something else” is explained."""
        given = super().clean() or {}
        file, text = given.get("file"), given.get("text", "")
        if "file" not in self.errors and "text" not in self.errors:
            if file is None and not text.strip():
                self.add_error("file", _("Choose a file or paste rows."))
            elif file is not None and text.strip():
                self.add_error("text", _("Choose a file or paste rows, not both."))
        if given.get("mailing_list") == NEW_LIST and not given.get("new_list", "").strip():
            self.add_error("new_list", _("Say what the new list shall be called."))
        if given.get("consent") == ContactImport.Consent.OTHER and not given.get("consent_note"):
            self.add_error("consent_note", _("Say where they agreed."))
        return given

    @property
    def list_id(self) -> int | None:
        """The list that was chosen; None for a new one."""
        chosen = self.cleaned_data["mailing_list"]
        return None if chosen == NEW_LIST else int(chosen)

    @property
    def upload(self) -> tuple[str, BinaryIO]:
        """The name and the octets."""
        file = self.cleaned_data["file"]
        if file is not None:
            return file.name, file
        text: str = self.cleaned_data["text"]
        return str(PASTED), io.BytesIO(text.encode("utf-8", "replace"))


class ReadingForm(forms.Form):
    """How the file is read."""

    encoding = forms.ChoiceField(
        label=_("Encoding"),
        choices=ENCODINGS,
        help_text=_("If the rows below look garbled, choose another one."),
    )
    delimiter = forms.ChoiceField(label=_("Between the columns"), choices=DELIMITER_LABELS)
    has_header = forms.BooleanField(label=_("The first row holds the names of the columns"), required=False)

    @classmethod
    def of(cls, draft: ContactImport) -> "ReadingForm":
        """The form as the file is read now."""
        names = {mark: name for name, mark in DELIMITERS.items()}
        return cls(
            initial={
                "encoding": draft.encoding,
                "delimiter": names.get(draft.delimiter, "comma"),
                "has_header": draft.has_header,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRow:
    """One column as the page shows it."""

    name: str
    samples: list[str]
    target: forms.BoundField
    label: forms.BoundField
    kind: forms.BoundField


class MappingForm(forms.Form):
    """For each column: skipped, the address, a field, or a new field with a name and a type."""

    def __init__(
        self,
        data: Any = None,
        *,
        names: Sequence[str],
        samples: Sequence[Sequence[str]],
        fields: Sequence[ContactField],
        choices: Sequence[Choice],
    ) -> None:
        super().__init__(data)
        self._names, self._samples = names, samples
        self._own = {fold(text) for field in fields for text in (field.key, field.label)}
        self.choices: list[Choice] = []
        targets = _targets(fields)
        for at, (name, choice) in enumerate(zip(names, choices, strict=True)):
            self._add(at, name, choice, targets)

    def rows(self) -> Iterator[MappingRow]:
        """The columns, in the order of the file."""
        for at, name in enumerate(self._names):
            cells = [row[at] for row in self._samples if at < len(row) and row[at]]
            yield MappingRow(
                name=name,
                samples=cells[:3],
                target=self[f"target_{at}"],
                label=self[f"label_{at}"],
                kind=self[f"kind_{at}"],
            )

    def clean(self) -> dict[str, Any]:
        """One column is the address, no two are the same thing, new fields have names of their own."""
        given = super().clean() or {}
        taken: set[str] = set()
        for at in range(len(self._names)):
            target = given.get(f"target_{at}", SKIP)
            label = " ".join(given.get(f"label_{at}", "").split())
            kind = given.get(f"kind_{at}") or ContactField.Kind.TEXT.value
            self.choices.append(Choice(target=target, label=label if target == NEW else "", kind=kind))
            if target == NEW:
                self._check_label(at, label, taken)
            elif target != SKIP and target in taken:
                self.add_error(
                    f"target_{at}",
                    _("Another column is this already. Skip one of the two, or choose another."),
                )
            taken.add(target)
        if EMAIL not in taken and not self.errors:
            self.add_error(None, _("Say which column holds the e-mail addresses."))
        return given

    def _check_label(self, at: int, label: str, taken: set[str]) -> None:
        folded = fold(label)
        if not folded:
            self.add_error(f"label_{at}", _("Say what the new field shall be called."))
        elif folded in self._own or folded == fold(EMAIL):
            self.add_error(f"label_{at}", _("There is a field of this name already: choose it above."))
        elif f"+{folded}" in taken:
            self.add_error(f"label_{at}", _("Another column makes a field of this name."))
        taken.add(f"+{folded}")

    def _add(self, at: int, name: str, choice: Choice, targets: list[Any]) -> None:
        self.fields[f"target_{at}"] = forms.ChoiceField(
            label=name or str(at + 1), choices=targets, initial=choice.target, required=False
        )
        self.fields[f"label_{at}"] = forms.CharField(
            label=_("Name of the new field"),
            initial=choice.label or name[:MAX_LABEL],
            max_length=MAX_LABEL,
            required=False,
        )
        self.fields[f"kind_{at}"] = forms.ChoiceField(
            label=_("Its type"),
            choices=ContactField.Kind.choices,
            initial=choice.kind,
            required=False,
        )


def _targets(fields: Sequence[ContactField]) -> list[Any]:
    own = [(field.key, field.label) for field in fields]
    groups: list[Any] = [(SKIP, _("Do not import")), (EMAIL, _("E-mail address"))]
    if own:
        groups.append((_("Your fields"), own))
    groups.append((NEW, _("A new field")))
    return groups
