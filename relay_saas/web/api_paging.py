"""Pages of the API's lists: `?limit=&after=` in, `{"data": […], "next": …}` out.

`next` is sealed (AES-SIV, RFC 5297): it holds the numbers of rows, which are nobody's business, and a cursor
that was made up or belongs to another list is refused.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import QueryDict

from relay_saas.web.api_query import read_limit
from relay_saas.web.paging import MAX_CURSOR, BadCursor, page_of

#: The names that every list takes.
PAGE_PARAMETERS: Final = frozenset({"limit", "after"})
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200

Row = TypeVar("Row", bound=Model)


def list_page(
    rows: QuerySet[Row],
    *,
    name: str,
    order: Sequence[str],
    query: QueryDict,
    document: Callable[[Row], Any],
) -> dict[str, Any]:
    """One page of `rows`, `document` for each; `name` keeps one list's cursors from another.

    `order` as in relay_saas.web.paging.page_of. One query. Raises BadParameter, BadCursor.
    """
    after = query.get("after")
    cursor = open_cursor(name, after) if isinstance(after, str) else None
    page = page_of(rows, order=order, cursor=cursor, size=page_size(query))
    return {
        "data": [document(row) for row in page.items],
        "next": seal_cursor(name, page.next_cursor) if page.next_cursor else None,
    }


def page_size(query: QueryDict) -> int:
    """The limit that is asked for, capped; raises BadParameter."""
    return read_limit(query.get("limit"), MAX_LIMIT, DEFAULT_LIMIT)


def seal_cursor(name: str, cursor: str) -> str:
    """A cursor of relay_saas.web.paging as callers see it."""
    sealed = _cipher().encrypt(cursor.encode(), [name.encode()])
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def open_cursor(name: str, text: str) -> str:
    """The cursor that was sealed for the list `name`; raises BadCursor."""
    if not text or len(text) > 2 * MAX_CURSOR:
        raise _bad_cursor()
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return _cipher().decrypt(sealed, [name.encode()]).decode()
    except (binascii.Error, ValueError, InvalidTag) as error:
        raise _bad_cursor() from error


def _bad_cursor() -> BadCursor:
    """422: it is a text as it should be, and leads nowhere."""
    return BadCursor(status=422)


@lru_cache(maxsize=1)
def _cipher() -> AESSIV:
    return AESSIV(hmac.digest(settings.RELAY_API_PEPPER, b"list-cursor", hashlib.sha256))
