"""The API's door: a Bearer key and its scopes."""

from typing import cast

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.exceptions import BadApiKey, EndedApiKey, TestKeyRefused
from accounts.services.api_keys import AuthenticatedKey, authenticate

CHALLENGE = 'Bearer realm="relay"'
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Where a request says whose key it carried: tenant and key id.
KEY_META = "relay.api_key"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer rly_live_…`; `request.auth` is the AuthenticatedKey."""

    def authenticate(self, request: Request) -> tuple[None, AuthenticatedKey]:
        """Raises BadApiKey, without a hint which part was wrong."""
        try:
            key = authenticate(self.secret_of(request), peer=request.META.get("REMOTE_ADDR", ""))
        except BadApiKey as error:
            if isinstance(error, EndedApiKey):
                request.META[KEY_META] = error.tenant_id, error.key_id
            raise BadApiKey(headers={"WWW-Authenticate": CHALLENGE}) from error
        request.META[KEY_META] = key.tenant_id, key.key_id
        return None, key

    def secret_of(self, request: Request) -> str:
        """What the request carries as its key; empty where it carries none."""
        word, _, secret = get_authorization_header(request).partition(b" ")
        return secret.decode("ascii", "replace") if word.lower() == b"bearer" else ""

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """What a 401 asks for."""
        return CHALLENGE


class HasApiScope(BasePermission):
    """The view names `required_scope` (`{"GET": "messages.read", …}` by method); the key must hold it."""

    def has_permission(self, request: Request, view: object) -> bool:
        """A view that names no scope for the method is open to no key."""
        scopes: dict[str, str] = getattr(view, "required_scope", {})
        key = cast("AuthenticatedKey", request.auth)
        needed = scopes.get(request.method or "")
        if key.test and request.method not in SAFE and not getattr(view, "simulates", False):
            raise TestKeyRefused
        return request.method == "OPTIONS" or (needed is not None and needed in key.scopes)
