"""The API's door: a Bearer key, its scope, and the tenant scope around the view."""

from contextlib import ExitStack
from typing import Any, ClassVar, cast

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.exceptions import BadApiKey
from accounts.services.api_keys import AuthenticatedKey, authenticate
from accounts.tenancy import tenant_scope

CHALLENGE = 'Bearer realm="relay"'


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer rly_live_…`; `request.auth` is the AuthenticatedKey."""

    def authenticate(self, request: Request) -> tuple[None, AuthenticatedKey]:
        """Raises BadApiKey, without a hint which part was wrong."""
        word, _, secret = get_authorization_header(request).partition(b" ")
        if word.lower() != b"bearer":
            raise BadApiKey(headers={"WWW-Authenticate": CHALLENGE})
        try:
            return None, authenticate(secret.decode("ascii", "replace"))
        except BadApiKey as error:
            raise BadApiKey(headers={"WWW-Authenticate": CHALLENGE}) from error

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """What a 401 asks for."""
        return CHALLENGE


class HasApiScope(BasePermission):
    """The view names `required_scope` (`{"GET": "messages.read", …}` by method); the key must hold it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """A view that names no scope for the method is open to no key."""
        scopes: dict[str, str] = getattr(view, "required_scope", {})
        key = cast("AuthenticatedKey", request.auth)
        needed = scopes.get(request.method or "")
        return request.method == "OPTIONS" or (needed is not None and needed in key.scopes)


class TenantApiView(APIView):
    """Runs the handler in the key's tenant scope, and rolls back whatever a refusal had written."""

    required_scope: ClassVar[dict[str, str]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Opens the scope after authentication (`initial`), closes it with the answer known; commits
        come before 2xx."""
        with ExitStack() as self.scope:
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code >= 400 and transaction.get_connection().in_atomic_block:
                transaction.set_rollback(True)
            return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticates, checks the key's scope, then enters the tenant's."""
        super().initial(request, *args, **kwargs)
        self.scope.enter_context(tenant_scope(cast("AuthenticatedKey", request.auth).tenant_id))
