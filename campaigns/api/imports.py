"""`/imports`: a file of contacts is uploaded, checked, started, and can be taken back."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from django.utils import translation
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView, created
from campaigns.api.bodies import ImportBody
from campaigns.api.documents import ImportDocument, ImportWithColumns
from campaigns.exceptions import BadImportFile, ImportRefused
from campaigns.models import ContactImport
from campaigns.selectors.imports import RELATED, find_import
from campaigns.services.column_guess import EMAIL, fold
from campaigns.services.column_plan import NEW, SKIP, Choice, choices_of
from campaigns.services.import_drafts import (
    Upload,
    begin,
    beginning,
    choices_for,
    choose_columns,
    discard,
    read_differently,
)
from campaigns.services.import_errors import errors_file
from campaigns.services.import_jobs import start_check, start_import, start_undo, stop
from relay_saas.web.api_files import FILE_RENDERERS, csv_answer
from relay_saas.web.api_operation import PAGING, Operation, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.prefixed import PublicId, number_of, public_id
from relay_saas.web.strict_fields import StrictSerializer, StrictText

_WORDS = {"skip": SKIP, "new": NEW, "email": EMAIL}
_EXAMPLE = {
    "file": "email,first_name\nhanako@example.jp,花子\n",
    "new_list": "月刊ニュース",
    "consent": "form",
}
_FILE = {
    "file_empty": 422,
    "file_too_large": 422,
    "file_not_text": 422,
    "encoding_unknown": 422,
    "no_rows": 422,
}


class UploadBody(StrictSerializer):
    """A file, its list (`list` or `new_list`), and where the people agreed."""

    file = serializers.FileField(max_length=1000, allow_empty_file=True)
    list = PublicId("lst", required=False)
    new_list = StrictText(required=False, max_length=200)
    consent = serializers.ChoiceField(ContactImport.Consent.choices)
    consent_note = StrictText(required=False, allow_blank=True, default="", max_length=500)


class ImportsView(JsonApiView):
    """Imports, the newest first."""

    tag = "Imports"
    parser_classes = [MultiPartParser]
    required_scope = scopes("contacts.read", "contacts.write")
    parameters = {**PAGING}
    operations = {
        "GET": Operation(says="List imports", answer=page_shape(ImportDocument)),
        "POST": Operation(
            says="Upload a file of contacts",
            more="CSV or TSV, at most 512 MB. Its columns are guessed and its rows are checked by a job; once"
            " `checked` is true, `POST …/start` begins the import.",
            body=UploadBody,
            answer=ImportWithColumns,
            status=201,
            examples={"A list with its people": _EXAMPLE},
            refusals={**_FILE, "one_list_needed": 409, "note_needed": 409},
            versioned=True,
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        rows = ContactImport.objects.filter(tenant_id=self.tenant_id).select_related(*RELATED)
        page = list_page(
            rows,
            name="imports",
            order=("-id",),
            query=request.query_params,
            document=lambda row: ImportDocument(_values(row)).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:
        """Kept, and looked at."""
        given = self.body(UploadBody)
        if ("list" in given) == ("new_list" in given):
            raise ImportRefused("one_list_needed")
        if given["consent"] == ContactImport.Consent.OTHER and not given["consent_note"].strip():
            raise ImportRefused("note_needed")
        upload = Upload(
            file_name=given["file"].name or "contacts.csv",
            data=given["file"],
            mailing_list_id=given.get("list"),
            new_list=given.get("new_list", ""),
            consent=given["consent"],
            consent_note=given["consent_note"],
        )
        draft = begin(tenant_id=self.tenant_id, upload=upload, actor=self.actor)
        try:
            choose_columns(draft=draft, choices=choices_for(draft, beginning(draft)))
            start_check(tenant_id=self.tenant_id, import_id=draft.pk, actor=self.actor)
        except BadImportFile:
            # Its columns contradict each other, or none is the address: somebody has to say what they are.
            pass
        return created(request, _document(self, draft.pk), f"/api/v1/imports/{public_id('imp', draft.pk)}")


class ImportView(JsonApiView):
    """One import."""

    tag = "Imports"
    required_scope = scopes("contacts.read", "contacts.write")
    path_ids = {"contact_import": "imp"}
    operations = {
        "GET": Operation(says="Read an import", answer=ImportWithColumns, versioned=True),
        "PATCH": Operation(
            says="Say how a file is read, or what its columns are",
            more="All columns in their order. The rows are checked again.",
            body=ImportBody,
            answer=ImportWithColumns,
            examples={
                "Another encoding": {"encoding": "cp932"},
                "Its one column": {"columns": [{"target": "email"}]},
            },
            refusals={"import_started": 409, "file_gone": 409, **_FILE, "no_email_column": 422},
            versioned=True,
        ),
        "DELETE": Operation(
            says="Throw an import away that was not started",
            status=204,
            refusals={"import_started": 409},
            versioned=True,
        ),
    }

    def get(self, request: Request, contact_import: str) -> Response:
        """By id."""
        return single(request, _document(self, number_of("imp", contact_import)))

    def patch(self, request: Request, contact_import: str) -> Response:
        """Another reading, other columns; then the check."""
        given = self.body(ImportBody)
        draft = find_import(tenant_id=self.tenant_id, import_id=number_of("imp", contact_import))
        check_match(request, _document(self, draft.pk))
        columns = given.pop("columns", None)
        if given:
            draft = read_differently(
                draft=draft,
                encoding=given.get("encoding", draft.encoding),
                delimiter=given.get("delimiter", draft.delimiter),
                has_header=given.get("has_header", draft.has_header),
            )
        if columns is not None:
            choose_columns(draft=draft, choices=_choices(columns, len(draft.columns)))
        start_check(tenant_id=self.tenant_id, import_id=draft.pk, actor=self.actor)
        return single(request, _document(self, draft.pk))

    def delete(self, request: Request, contact_import: str) -> Response:
        """With its file."""
        draft = find_import(tenant_id=self.tenant_id, import_id=number_of("imp", contact_import))
        check_match(request, _document(self, draft.pk))
        discard(draft=draft, actor=self.actor)
        return Response(status=204)


class _DeedView(JsonApiView):
    """One verb on an import."""

    tag = "Imports"
    required_scope = scopes(write="contacts.write")
    path_ids = {"contact_import": "imp"}
    deed: ClassVar[Callable[..., Any]]

    def post(self, request: Request, contact_import: str) -> Response:  # noqa: ARG002
        """202: a job does it."""
        number = number_of("imp", contact_import)
        type(self).deed(tenant_id=self.tenant_id, import_id=number, actor=self.actor)
        return Response(_document(self, number), status=202)


class ImportStartView(_DeedView):
    """Begins."""

    deed = staticmethod(start_import)
    operations = {
        "POST": Operation(
            says="Start an import",
            more="Asking again changes nothing.",
            answer=ImportWithColumns,
            status=202,
            refusals={"import_not_checked": 409, "file_gone": 409},
        )
    }


class ImportStopView(_DeedView):
    """Stops."""

    deed = staticmethod(stop)
    operations = {
        "POST": Operation(
            says="Stop an import or its check",
            more="Nothing of it is written.",
            answer=ImportWithColumns,
            status=202,
            refusals={"job_over": 409},
        )
    }


class ImportUndoView(_DeedView):
    """Takes back."""

    deed = staticmethod(start_undo)
    operations = {
        "POST": Operation(
            says="Take an import back",
            answer=ImportWithColumns,
            status=202,
            refusals={"undo_impossible": 409},
        )
    }


class ImportErrorsView(JsonApiView):
    """What was not taken."""

    tag = "Imports"
    renderer_classes = FILE_RENDERERS
    required_scope = scopes("contacts.read")
    path_ids = {"contact_import": "imp"}
    operations = {
        "GET": Operation(
            says="Fetch the rows that were not taken",
            more="CSV with the original columns, the line and the reason.",
            media_type="text/csv",
        )
    }

    def get(self, request: Request, contact_import: str) -> HttpResponseBase:  # noqa: ARG002
        """In pieces."""
        number = number_of("imp", contact_import)
        language = translation.get_language() or "en"
        pieces = errors_file(tenant_id=self.tenant_id, import_id=number, language=language)
        return csv_answer(pieces, "not-imported.csv")


def _choices(columns: list[dict[str, Any]], expected: int) -> list[Choice]:
    if len(columns) != expected:
        raise ImportRefused("columns_do_not_match", expected=expected, given=len(columns))
    choices, labels = [], set()
    for column in columns:
        target = _WORDS.get(column["target"], column["target"])
        label = " ".join(column["label"].split()) if target == NEW else ""
        if target == NEW and (not fold(label) or fold(label) in labels):
            raise ImportRefused("label_needed")
        labels.add(fold(label))
        choices.append(Choice(target=target, label=label, kind=column["kind"]))
    return choices


def _document(view: JsonApiView, import_id: int) -> dict[str, Any]:
    found = find_import(tenant_id=view.tenant_id, import_id=import_id)
    named = {target: word for word, target in _WORDS.items()}
    choices = choices_of(found.plan) if len(found.plan) == len(found.columns) else []
    columns = [
        {"name": name, "target": named.get(one.target, one.target), "label": one.label, "kind": one.kind}
        for name, one in zip(found.columns, choices, strict=False)
    ]
    return dict(ImportWithColumns(_values(found) | {"columns": columns}).data)


def _values(found: ContactImport) -> dict[str, Any]:
    names = (
        "pk", "mailing_list_id", "file_name", "consent", "consent_note", "encoding", "delimiter",
        "has_header", "findings", "check_job", "job", "undo_job", "not_taken", "created_at", "imported_at",
        "undo_until", "undone_at",
    )  # fmt: skip
    values = {name: getattr(found, name) for name in names}
    return values | {
        "stage": str(found.stage.value),
        "checked": found.is_open and found.findings is not None,
        "numbers": _numbers(found.result),
    }


def _numbers(counts: Mapping[str, Any]) -> dict[str, int]:
    return {name: value for name, value in counts.items() if isinstance(value, int)}
