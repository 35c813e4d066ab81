"""ETags of single things (RFC 9110 §13): a reader saves the body, a writer overwrites nothing unseen."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from relay_saas.web.errors import RelayError


class Changed(RelayError):
    """If-Match names another version than the one that is there."""

    code = "changed_meanwhile"
    status = 412
    message = _("This was changed since you read it. Read it again, then send your change.")


def etag_of(document: Any) -> str:
    """A strong ETag: the digest of what is answered."""
    text = json.dumps(document, cls=DjangoJSONEncoder, sort_keys=True, separators=(",", ":"))
    return quote_etag(hashlib.sha256(text.encode()).hexdigest()[:32])


def single(request: Request, document: Any, *, status: int = 200) -> Response:
    """The document with its ETag; 304 without a body where the reader has it already."""
    etag = etag_of(document)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if request.method in {"GET", "HEAD"} and (known == ["*"] or etag in [_strong(one) for one in known]):
        return Response(status=304, headers={"ETag": etag})
    return Response(document, status=status, headers={"ETag": etag})


def check_match(request: Request, document: Any) -> None:
    """Raises Changed where If-Match names other versions than `document`, which must be read under a lock."""
    wanted = parse_etags(request.headers.get("If-Match", ""))
    if "If-Match" in request.headers and wanted != ["*"] and etag_of(document) not in wanted:
        raise Changed


def _strong(etag: str) -> str:
    return etag.removeprefix("W/")
