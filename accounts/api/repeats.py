"""`Idempotency-Key` on every POST of the API: the second request gets the first one's answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from accounts.services import idempotency
from accounts.services.api_keys import AuthenticatedKey
from accounts.services.idempotency import Answer

HEADER: Final = "Idempotency-Key"
#: Header fields that belong to an answer.
_KEPT: Final = ("Location", "ETag")


class Repeated(Exception):
    """The request was answered before; not an error, it only ends the handling."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A name that this request is the first to use; its answer has to be kept."""

    key: AuthenticatedKey
    name: str

    def keep(self, response: HttpResponseBase) -> None:
        """Keeps the answer, in the request's transaction."""
        if callable(render := getattr(response, "render", None)) and not getattr(
            response, "is_rendered", True
        ):
            render()
        answer = Answer(
            status=response.status_code,
            content_type=response.headers.get("Content-Type", ""),
            body=getattr(response, "content", b""),
            headers=tuple((name, response.headers[name]) for name in _KEPT if name in response.headers),
        )
        idempotency.keep(
            tenant_id=self.key.tenant_id, key_id=self.key.family_id, name=self.name, answer=answer
        )


def claim(request: Request, key: AuthenticatedKey) -> Claimed | None:
    """Takes the request's name; None: it has none, or is no POST. Raises Repeated, BadIdempotencyKey,
    IdempotencyKeyReused, IdempotentRequestRunning."""
    name = request.headers.get(HEADER)
    if name is None or request.method != "POST":
        return None
    print_ = idempotency.fingerprint("POST", request.get_full_path(), _parts(request.data))
    known = idempotency.claim(tenant_id=key.tenant_id, key_id=key.family_id, name=name, print_=print_)
    if known is not None:
        raise Repeated(known)
    return Claimed(key=key, name=name)


def repeated_response(answer: Answer) -> HttpResponse:
    """The answer once more, as it was."""
    headers = {**dict(answer.headers), "Idempotency-Replayed": "true"}
    return HttpResponse(
        answer.body, status=answer.status, content_type=answer.content_type or None, headers=headers
    )


def _parts(data: Any) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
    elif isinstance(data, QueryDict):
        for name, values in data.lists():
            yield name.encode()
            for value in values:
                yield _file_digest(value) if isinstance(value, UploadedFile) else str(value).encode()
    else:
        yield idempotency.canonical(data)


def _file_digest(file: "UploadedFile[Any]") -> bytes:
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.digest()
