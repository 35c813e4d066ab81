"""What a person chooses for each column of a file: skip it, the address, a field, or a new field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from campaigns.exceptions import BadImportFile
from campaigns.models import ContactField
from campaigns.services.column_guess import (
    EMAIL,
    EMAIL_NAMES,
    ERROR_COLUMNS,
    ColumnMap,
    FieldColumn,
    fold,
    is_address,
    known_field,
    new_key,
)

Kind = ContactField.Kind

SKIP: Final = ""
#: No key of a field: keys are letters, digits and underscores.
NEW: Final = "+"
MAX_LABEL: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What one column is; `label` and `kind` are those of a new field."""

    #: SKIP, EMAIL, NEW, or the key of a field.
    target: str = SKIP
    label: str = ""
    kind: str = Kind.TEXT.value

    def as_json(self) -> dict[str, str]:
        """As ContactImport.plan stores it."""
        return asdict(self)


def choices_of(plan: Iterable[Mapping[str, Any]]) -> list[Choice]:
    """The choices that a plan holds."""
    return [Choice(**values) for values in plan]


def guess_choices(
    names: Sequence[str],
    fields: Iterable[ContactField],
    samples: Sequence[Sequence[str]],
    *,
    named: bool,
) -> list[Choice]:
    """What the columns seem to be; `samples` are rows, and tell the address where no name does.

    Columns without names of their own (`named`) are skipped but for the address: nobody knows what they are.
    """
    own = {fold(text): field.key for field in fields for text in (field.key, field.label)}
    kept = len(names) - 2 if tuple(names[-2:]) == ERROR_COLUMNS else len(names)
    choices = [_guess(name, own) if named and at < kept else Choice() for at, name in enumerate(names)]
    if all(choice.target != EMAIL for choice in choices):
        at = _address_column(len(names), samples)
        if at is not None:
            choices[at] = Choice(target=EMAIL)
    return choices


def chosen_columns(
    choices: Sequence[Choice], names: Sequence[str], fields: Iterable[ContactField]
) -> ColumnMap:
    """The map by which rows are read.

    Raises BadImportFile where two columns are one thing, none is the address, or a field is gone.
    """
    known = _Known(fields)
    taken: dict[str, str] = {}
    columns: list[FieldColumn] = []
    email: int | None = None
    for position, (name, choice) in enumerate(zip(names, choices, strict=True)):
        if choice.target == SKIP:
            continue
        column = known.column(position, name, choice)
        if column.key in taken:
            raise BadImportFile("duplicate_column", first=taken[column.key], second=name)
        taken[column.key] = name
        if column.key == EMAIL:
            email = position
        else:
            columns.append(column)
    if email is None:
        raise BadImportFile("no_email_column")
    is_errors_file = tuple(names[-2:]) == ERROR_COLUMNS
    return ColumnMap(email=email, fields=tuple(columns), is_errors_file=is_errors_file)


class _Known:
    """The fields of the organization, and the keys that are used."""

    def __init__(self, fields: Iterable[ContactField]) -> None:
        self._keys = {field.key: field for field in fields}
        self._own = {fold(text): field for field in self._keys.values() for text in (field.key, field.label)}
        self._used = set(self._keys)

    def column(self, position: int, name: str, choice: Choice) -> FieldColumn:
        """What a column is; raises BadImportFile for a field that is gone."""
        if choice.target == EMAIL:
            return FieldColumn(position=position, key=EMAIL, kind=Kind.TEXT, name=name, is_new=False)
        # Another import may have made the new field meanwhile: then it is that one.
        new = choice.target == NEW
        field = self._own.get(fold(choice.label)) if new else self._keys.get(choice.target)
        if field is not None:
            kind = Kind(field.kind)
            return FieldColumn(position=position, key=field.key, kind=kind, name=name, is_new=False)
        if not new:
            raise BadImportFile("field_gone", column=name)
        key = self._new_key(choice.label)
        self._used.add(key)
        return FieldColumn(
            position=position,
            key=key,
            kind=Kind(choice.kind),
            name=name or choice.label,
            is_new=True,
            label=choice.label,
        )

    def _new_key(self, label: str) -> str:
        known = known_field(label)
        return known[0] if known and known[0] not in self._used else new_key(label, self._used)


def _guess(name: str, own: Mapping[str, str]) -> Choice:
    folded = fold(name)
    if not folded:
        return Choice()
    if folded in EMAIL_NAMES:
        return Choice(target=EMAIL)
    if key := own.get(folded):
        return Choice(target=key)
    known = known_field(name)
    return Choice(target=NEW, label=name[:MAX_LABEL], kind=(known[1] if known else Kind.TEXT).value)


def _address_column(width: int, samples: Sequence[Sequence[str]]) -> int | None:
    for at in range(width):
        cells = [row[at] for row in samples if at < len(row) and row[at].strip()]
        if cells and all(is_address(cell) for cell in cells):
            return at
    return None
