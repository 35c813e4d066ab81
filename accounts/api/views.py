"""The bases of API views: the tenant's scope around every handler, strict JSON, known parameters."""

from contextlib import ExitStack
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.audit import Actor
from accounts.services.api_keys import AuthenticatedKey
from accounts.tenancy import tenant_scope
from relay_saas.web.api_query import refuse_unknown
from relay_saas.web.json_body import StrictJsonParser


class TenantApiView(APIView):
    """Runs the handler in the key's tenant scope, and rolls back whatever a refusal had written."""

    required_scope: ClassVar[dict[str, str]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Opens the scope after authentication (`initial`), closes it with the answer known; commits
        come before 2xx."""
        with ExitStack() as self.scope:
            self.inside = False
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code >= 400 and self.inside:
                transaction.set_rollback(True)
            return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticates, checks the key's scope, then enters the tenant's."""
        super().initial(request, *args, **kwargs)
        self.scope.enter_context(tenant_scope(cast("AuthenticatedKey", request.auth).tenant_id))
        self.inside = True


class JsonApiView(TenantApiView):
    """Strict JSON in, no description of itself by OPTIONS, known parameters only."""

    parser_classes = [StrictJsonParser]
    metadata_class = None
    #: The names that the query may hold; writes take none.
    parameters: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses other methods first, then does what every API view does."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        refuse_unknown(request.query_params, self.parameters if request.method in {"GET", "HEAD"} else ())

    @property
    def key(self) -> AuthenticatedKey:
        """The key of the request."""
        return cast("AuthenticatedKey", self.request.auth)

    @property
    def tenant_id(self) -> UUID:
        """The tenant of the key."""
        return self.key.tenant_id

    @property
    def actor(self) -> Actor:
        """The key, as the audit trail names it."""
        return Actor(name=f"key:{self.key.name}", address=self.request.META.get("REMOTE_ADDR", ""))
