"""The bases of API views: the tenant's scope around every handler, strict JSON, known parameters."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, ClassVar, cast
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.body_ids import check_ids
from accounts.api.repeats import Claimed, Repeated, claim, repeated_response
from accounts.audit import Actor
from accounts.exceptions import TooManyRequests
from accounts.services.api_keys import AuthenticatedKey
from accounts.services.rate_limit import Allowance, take
from accounts.tenancy import tenant_scope
from relay_saas.web.api_operation import Operation, Parameter
from relay_saas.web.api_query import bad_parameter, refuse_unfit, refuse_unknown
from relay_saas.web.api_versions import single
from relay_saas.web.json_body import StrictJsonParser
from relay_saas.web.strict_fields import StrictSerializer


class TenantApiView(APIView):
    """Runs the handler in the key's tenant scope, and rolls back whatever a refusal had written."""

    required_scope: ClassVar[dict[str, str]] = {}
    #: What a test key does here is only simulated; elsewhere it only reads.
    simulates: ClassVar[bool] = False
    claimed: Claimed | None
    allowance: Allowance | None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Opens the scope after authentication (`initial`), closes it with the answer known; commits
        come before 2xx."""
        self.inside, self.claimed, self.allowance = False, None, None
        with ExitStack() as self.scope:
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code >= 400 and self.inside:
                transaction.set_rollback(True)
            elif self.claimed is not None:
                self.claimed.keep(response)
            if self.allowance is not None:
                for name, value in self.allowance.headers().items():
                    response.headers.setdefault(name, value)
            return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticates, checks the key's scope and rate, then enters the tenant's scope."""
        super().initial(request, *args, **kwargs)
        key = cast("AuthenticatedKey", request.auth)
        self.allowance = take(tenant_id=key.tenant_id, key_id=key.key_id, rate=key.rate)
        if self.allowance is not None and not self.allowance.allowed:
            raise TooManyRequests
        if self.in_one_transaction(request):
            self.scope.enter_context(tenant_scope(key.tenant_id))
            self.inside = True
            self.claimed = claim(request, key)

    def in_one_transaction(self, request: Request) -> bool:  # noqa: ARG002 - views look at it
        """Whether all that the handler does is in the tenant's scope, and with an `Idempotency-Key` once."""
        return True

    def handle_exception(self, exc: Exception) -> Response:
        """A request that was answered before is no refusal."""
        if isinstance(exc, Repeated):
            return cast("Response", repeated_response(exc.answer))
        return super().handle_exception(exc)


class JsonApiView(TenantApiView):
    """Strict JSON in, no description of itself by OPTIONS, known parameters only."""

    parser_classes = [StrictJsonParser]
    metadata_class = None
    #: What the query may hold, for reads and for DELETE.
    parameters: ClassVar[Mapping[str, Parameter]] = {}
    write_parameters: ClassVar[Mapping[str, Parameter]] = {}
    #: What the reference says: the operations by method, the heading they stand under, the kinds of the
    #: path's ids.
    operations: ClassVar[Mapping[str, Operation]] = {}
    tag: ClassVar[str] = ""
    path_ids: ClassVar[Mapping[str, str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses other methods first, then does what every API view does."""
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        known = {"GET": self.parameters, "HEAD": self.parameters, "DELETE": self.write_parameters}
        check_query(request.query_params, known.get(str(request.method), {}))
        operation = self.operations.get(str(request.method))
        if operation is not None and operation.body is None and request.method in {"POST", "PUT", "PATCH"}:
            # Who sends something means it.
            StrictSerializer(data=request.data).is_valid(raise_exception=True)

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

    def body(self, shape: type[serializers.Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """What the caller sent; raises ValidationError, UnknownId."""
        found = shape(data=self.request.data, partial=partial)
        found.is_valid(raise_exception=True)
        values = cast("dict[str, Any]", found.validated_data)
        check_ids(self.tenant_id, found, values)
        return values


def check_query(query: QueryDict, known: Mapping[str, Parameter]) -> None:
    """Whether the query holds what the reference says, and nothing else; raises BadParameter."""
    refuse_unknown(query, known)
    refuse_unfit(query, {name: one.schema for name, one in known.items()})
    missing = [name for name, one in known.items() if one.required and name not in query]
    if missing:
        raise bad_parameter(*missing)


def created(request: Request, document: Mapping[str, Any], at: str) -> Response:
    """201 with the new thing, its ETag, and where it is."""
    response = single(request, document, status=201)
    response["Location"] = at
    return response
