"""An import before it begins: the upload, how its file is read, its columns, and throwing it away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import BinaryIO, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from accounts.audit import Actor
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadImportFile, ImportRefused, ListGone
from campaigns.models import ContactField, ContactImport, ContactList
from campaigns.models.imports import UNDO_DAYS
from campaigns.services.column_guess import is_address
from campaigns.services.column_plan import Choice, choices_of, chosen_columns, guess_choices
from campaigns.services.file_reading import Reading, TableFile, open_table, read_rows
from campaigns.services.imports import keep_file, kept_file, reading_of, shown_name
from campaigns.services.lists import create_list

#: Rows that a person sees before they decide, and characters of a cell.
SHOWN_ROWS: Final = 5
SHOWN_CHARACTERS: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What a person gives us at the first step; a list is chosen, or made by name."""

    file_name: str
    data: BinaryIO
    mailing_list_id: int | None = None
    new_list: str = ""
    consent: str
    consent_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The beginning of a file: its columns, and its first rows with cells cut short."""

    table: TableFile
    rows: list[list[str]]
    #: Why no more of it can be read; None where nothing stands in the way.
    problem: BadImportFile | None = None


def begin(*, tenant_id: UUID, upload: Upload, actor: Actor) -> ContactImport:
    """Keeps the file and finds out how it is to be read; raises BadImportFile, ListGone, BadName.

    Nothing is left of a file that cannot be read.
    """
    _forget_old(tenant_id)
    with tenant_scope(tenant_id):
        draft = ContactImport(
            tenant_id=tenant_id,
            created_by_id=actor.user_id,
            file_name=shown_name(upload.file_name),
            consent=upload.consent,
            consent_note=upload.consent_note,
            mailing_list_id=_list(tenant_id, upload, actor),
        )
        draft.save()
        path = kept_file(draft.pk)
        try:
            keep_file(upload.data, path)
            _describe(draft, _found_out(draft))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        changes: dict[str, object] = {
            "file": draft.file_name,
            "list": draft.mailing_list_id,
            "consent": draft.consent,
            "consent_note": draft.consent_note,
        }
        audit.record(tenant_id=tenant_id, actor=actor, verb="uploaded", subject=draft, changes=changes)
    return draft


def read_differently(
    *, draft: ContactImport, encoding: str, delimiter: str, has_header: bool
) -> ContactImport:
    """Reads the file as a person says; what was chosen for its columns is asked again.

    Raises ImportRefused, and BadImportFile where the file cannot be read like this: then nothing changes.
    """
    _must_be_open(draft)
    reading = Reading(encoding=encoding, delimiter=delimiter, has_header=has_header, name=gettext("Column"))
    table = open_table(kept_file(draft.pk), reading)
    same = (draft.encoding, draft.delimiter, draft.has_header, draft.columns) == (
        table.encoding,
        table.delimiter,
        has_header,
        list(table.columns),
    )
    if not same:
        with tenant_scope(draft.tenant_id):
            _describe(draft, table)
    return draft


def beginning(draft: ContactImport) -> Shown:
    """The columns and the first rows, for people; raises ImportRefused, BadImportFile."""
    _must_be_open(draft)
    table = open_table(kept_file(draft.pk), reading_of(draft))
    rows: list[list[str]] = []
    try:
        rows.extend([_short(cell) for cell in row.cells] for row in islice(read_rows(table), SHOWN_ROWS))
    except BadImportFile as error:
        return Shown(table=table, rows=rows, problem=error)
    return Shown(table=table, rows=rows)


def choices_for(draft: ContactImport, shown: Shown) -> list[Choice]:
    """What was chosen for its columns, else what they seem to be; call it in the tenant's scope."""
    if len(draft.plan) == len(shown.table.columns):
        return choices_of(draft.plan)
    fields = list(ContactField.objects.all())
    return guess_choices(shown.table.columns, fields, shown.rows, named=draft.has_header)


def choose_columns(*, draft: ContactImport, choices: Sequence[Choice]) -> None:
    """Keeps what a person chose for the columns; the rows must be checked (again) after that.

    Raises ImportRefused, BadImportFile for choices that contradict each other.
    """
    _must_be_open(draft)
    with tenant_scope(draft.tenant_id):
        chosen_columns(choices, draft.columns, ContactField.objects.all())
        draft.plan = [choice.as_json() for choice in choices]
        draft.findings = draft.check_job = None
        draft.save(update_fields=["plan", "findings", "check_job"])


def discard(*, draft: ContactImport, actor: Actor) -> None:
    """Removes an import of which nothing was written, and its file; raises ImportRefused."""
    if not draft.is_open:
        raise ImportRefused("import_started")
    path = kept_file(draft.pk)
    with tenant_scope(draft.tenant_id):
        changes: dict[str, object] = {"file": draft.file_name}
        audit.record(tenant_id=draft.tenant_id, actor=actor, verb="discarded", subject=draft, changes=changes)
        draft.delete()
    path.unlink(missing_ok=True)


def _found_out(draft: ContactImport) -> TableFile:
    path = kept_file(draft.pk)
    table = open_table(path)
    if not any(is_address(name) for name in table.columns):
        return table
    # Addresses in the first row: it is data like the others, and must not get lost.
    return open_table(path, Reading(has_header=False, name=gettext("Column")))


def _describe(draft: ContactImport, table: TableFile) -> None:
    draft.encoding, draft.delimiter = table.encoding, table.delimiter
    draft.has_header, draft.columns = table.has_header, list(table.columns)
    draft.lines = table.lines
    draft.plan, draft.mapping, draft.findings, draft.check_job = [], {}, None, None
    draft.save()


def _list(tenant_id: UUID, upload: Upload, actor: Actor) -> int:
    if upload.mailing_list_id is None:
        return create_list(tenant_id=tenant_id, name=upload.new_list, actor=actor).pk
    if not ContactList.objects.filter(pk=upload.mailing_list_id).exists():
        raise ListGone
    return upload.mailing_list_id


def _forget_old(tenant_id: UUID) -> None:
    """Removes files that nobody came back for: people's data is not kept for nothing."""
    oldest = timezone.now() - timedelta(days=UNDO_DAYS)
    with tenant_scope(tenant_id):
        old = ContactImport.objects.select_related("job").filter(imported_at=None, created_at__lt=oldest)
        for draft in old.order_by("pk")[:20]:
            if draft.is_open:
                kept_file(draft.pk).unlink(missing_ok=True)
                if draft.job is None:
                    draft.delete()


def _must_be_open(draft: ContactImport) -> None:
    if not draft.is_open:
        raise ImportRefused("import_started")
    if not kept_file(draft.pk).exists():
        raise ImportRefused("file_gone")


def _short(cell: str) -> str:
    text = " ".join(cell.replace("\x00", "\u2400").split())
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
