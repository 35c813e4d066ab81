"""Routes of the API that answer with a file."""

from collections.abc import Iterable
from typing import Any

from django.http import FileResponse, StreamingHttpResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer


class AnyFile(BaseRenderer):
    """Only for negotiation: who asks for a file takes it in whatever type it has."""

    media_type = "*/*"
    format = "file"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:  # noqa: ARG002
        """As it is."""
        return data


class CsvFile(AnyFile):
    """Who asks for CSV."""

    media_type = "text/csv"
    format = "csv"


#: Refusals are JSON whatever was asked for.
FILE_RENDERERS: list[type[BaseRenderer]] = [JSONRenderer, CsvFile, AnyFile]


def csv_answer(pieces: Iterable[bytes], name: str) -> StreamingHttpResponse:
    """A CSV file in pieces, to be saved under `name` (ASCII)."""
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def kept_answer(file: Any, *, name: str, media_type: str) -> FileResponse:
    """A kept file."""
    response = FileResponse(file, as_attachment=True, filename=name, content_type=media_type)
    response["X-Content-Type-Options"] = "nosniff"
    return response
