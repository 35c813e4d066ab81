"""The base of API views: the tenant's scope around every handler."""

from contextlib import ExitStack
from typing import Any, ClassVar, cast

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.services.api_keys import AuthenticatedKey
from accounts.tenancy import tenant_scope


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
