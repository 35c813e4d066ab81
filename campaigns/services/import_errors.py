"""The errors file of an import: every row that was not taken, as it stood, with its line and the reason."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.csv_file import Encoding, csv_pieces
from accounts.tenancy import tenant_scope
from campaigns.models import ContactImport, ImportProblem
from campaigns.services.column_guess import ERROR_COLUMNS
from relay_saas.web.errors import NotFound
from relay_saas.web.problems import Text

BATCH: Final = 2_000

REASONS: Final[dict[str, Text]] = {
    "duplicate_in_file": _("The same address stands on line %(detail)s already."),
    "too_many_cells": _("The row has more cells than the file has columns."),
    "bad_quotes": _("The quotation marks in this row are wrong."),
    "cell_too_long": _("A cell of this row is too long."),
    "nul_character": _("“%(detail)s” holds a NUL character."),
    "bad_number": _("“%(detail)s” is not a number."),
    "bad_date": _("“%(detail)s” is not a date of the calendar."),
    "bad_boolean": _("“%(detail)s” is neither yes nor no."),
    "address_empty": _("The e-mail address is empty."),
    "address_too_long": _("The e-mail address is longer than 254 characters."),
    "address_no_at": _("The e-mail address has no @."),
    "address_no_local": _("The e-mail address has nothing before the @."),
    "address_no_domain": _("The e-mail address has nothing after the @."),
    "address_bad_character": _("The e-mail address holds a blank or an invisible character."),
    "address_bad_local": _("The part of the e-mail address before the @ is not valid."),
    "address_local_too_long": _("The part of the e-mail address before the @ is longer than 64 characters."),
    "address_quoted_local": _(
        "Quotation marks in the e-mail address may hold letters, digits and dots only."
    ),
    "address_route": _("The e-mail address leads through another host (% or !)."),
    "address_bad_domain": _("The part of the e-mail address after the @ is not a domain name."),
    "address_single_label": _("The part of the e-mail address after the @ has no dot."),
    "address_ip_address": _("The e-mail address ends in an IP address instead of a domain name."),
}


def reason_text(reason: str, detail: str) -> str:
    """The sentence of a reason, in the active language."""
    # Only sentences that name something are formatted: others may hold a percent sign.
    sentence = str(REASONS[reason])
    return sentence % {"detail": detail} if "%(detail)s" in sentence else sentence


def errors_file(
    *, tenant_id: UUID, import_id: int, language: str, encoding: str = Encoding.UTF8
) -> Iterator[bytes]:
    """The file in pieces: original columns, `line`, `reason` in `language` (`ja`, `en`).

    Each piece is read in a scope of its own: a streamed answer outlives the request's. Raises NotFound.
    """
    with tenant_scope(tenant_id):
        found = ContactImport.objects.filter(pk=import_id).first()
    if found is None:
        raise NotFound
    columns = found.columns
    if tuple(columns[-2:]) == ERROR_COLUMNS:
        columns = columns[:-2]
    rows = _rows(found, len(columns), language)
    return csv_pieces([*columns, *ERROR_COLUMNS], rows, encoding)


def _rows(contact_import: ContactImport, columns: int, language: str) -> Iterator[list[str]]:
    width, last = len(contact_import.columns), 0
    while True:
        with tenant_scope(contact_import.tenant_id), translation.override(language):
            found = ImportProblem.objects.filter(contact_import_id=contact_import.pk, line__gt=last)
            batch = list(found.order_by("line")[:BATCH])
            rows = [_row(problem, columns, width) for problem in batch]
        if not batch:
            return
        yield from rows
        last = batch[-1].line


def _row(problem: ImportProblem, columns: int, width: int) -> list[str]:
    own = problem.cells[:columns] + [""] * (columns - len(problem.cells))
    # What stood beyond the last column follows behind, so that nothing of the row is lost.
    reason = reason_text(problem.reason, problem.detail)
    return [*own, str(problem.line), reason, *problem.cells[width:]]
