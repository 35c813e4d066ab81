"""The errors file of an import: every row that was not taken, as it stood, with its line and the reason."""

import csv
import io
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.formula_guard import guard
from accounts.tenancy import tenant_scope
from campaigns.models import ContactImport, ImportProblem
from campaigns.services.column_guess import ERROR_COLUMNS
from relay_saas.web.errors import NotFound
from relay_saas.web.problems import Text

BATCH: Final = 2_000
BOM: Final = "\ufeff"

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


def errors_file(*, tenant_id: UUID, import_id: int, language: str) -> Iterator[bytes]:
    """The file in pieces: UTF-8 with BOM, original columns, `line`, `reason` in `language` (`ja`, `en`).

    Each piece is read in a scope of its own: a streamed answer outlives the request's. Raises NotFound.
    """
    with tenant_scope(tenant_id):
        found = ContactImport.objects.filter(pk=import_id).first()
    if found is None:
        raise NotFound
    columns = found.columns
    if tuple(columns[-2:]) == ERROR_COLUMNS:
        columns = columns[:-2]
    return _pieces(tenant_id, import_id, columns, len(found.columns), language)


def _pieces(
    tenant_id: UUID, import_id: int, columns: list[str], width: int, language: str
) -> Iterator[bytes]:
    yield (BOM + _csv([[*columns, *ERROR_COLUMNS]])).encode()
    last = 0
    while True:
        with tenant_scope(tenant_id):
            batch = list(
                ImportProblem.objects.filter(contact_import_id=import_id, line__gt=last).order_by("line")[
                    :BATCH
                ]
            )
        if not batch:
            return
        with translation.override(language):
            rows = [_row(problem, len(columns), width) for problem in batch]
        yield _csv(rows).encode()
        last = batch[-1].line


def _row(problem: ImportProblem, columns: int, width: int) -> list[str]:
    cells = [guard(cell) for cell in problem.cells]
    own = cells[:columns] + [""] * (columns - len(cells))
    # What stood beyond the last column follows behind, so that nothing of the row is lost.
    return [*own, str(problem.line), reason_text(problem.reason, problem.detail), *cells[width:]]


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()
