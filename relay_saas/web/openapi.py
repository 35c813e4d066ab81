"""Makes the OpenAPI 3.1 description out of the routes: their operations, scopes, shapes and refusals."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest, OpenApiResponse
from rest_framework import serializers

from relay_saas.web.api_operation import Operation, Parameter, id_schema
from relay_saas.web.api_schema import address_schema
from relay_saas.web.body_ids import kinds_in
from relay_saas.web.openapi_refusals import PROBLEM, example
from relay_saas.web.openapi_samples import sample_of
from relay_saas.web.openapi_shapes import SHAPES
from relay_saas.web.strict_fields import StrictText

#: Codes that any route may answer with.
_ALWAYS: Final = {
    400: ("bad_parameter", "bad_request"),
    401: ("bad_api_key",),
    403: ("permission_denied", "test_key"),
    405: ("method_not_allowed",),
    406: ("not_acceptable",),
    429: ("rate_limited",),
}
_WITH_BODY: Final = {
    400: ("bad_json", "invalid"),
    413: ("body_too_large", "too_many_items"),
    415: ("unsupported_media_type",),
    422: ("number_out_of_range", "too_deep"),
}
_BAD_ID: Final = {404: ("not_found",)}
_REQUEST_ID: Final = {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"}


class FieldProblemDocument(serializers.Serializer[Any]):
    """What is wrong with one value."""

    pointer = serializers.CharField(help_text="JSON pointer into the body; empty for all of it.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemDocument(serializers.Serializer[Any]):
    """A refusal (RFC 9457). `code` never changes; the sentences may, and are in the caller's language."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField()
    errors = FieldProblemDocument(many=True)
    request_id = serializers.CharField(help_text="Finds the request in the log of the dashboard.")


class RelaySchema(AutoSchema):
    """Reads `operations`, `parameters`, `required_scope` and `path_ids` of a view."""

    #: drf-spectacular finds them by itself once they are made.
    shapes = SHAPES

    @property
    def operation(self) -> Operation | None:
        """What the view says of this method; None where it says nothing."""
        found: Operation | None = getattr(self.view, "operations", {}).get(self.method)
        return found

    def get_tags(self) -> list[str]:
        """The view's own, else the first word of its path."""
        tag = getattr(self.view, "tag", "") or next(iter(self._tokenize_path()), "API").capitalize()
        return [tag]

    def get_operation_id(self) -> str:
        """`listContacts`: the name of the view tells the noun."""
        noun = type(self.view).__name__.removesuffix("View")
        verb = {"GET": "get", "POST": "post", "PUT": "put", "PATCH": "change", "DELETE": "delete"}
        return f"{verb[self.method]}{noun}"

    def get_summary(self) -> str | None:
        """What the operation says; else the first line of the handler's docstring."""
        if self.operation is not None:
            return self.operation.says
        return super().get_description().strip().partition("\n")[0] or None

    def get_description(self) -> str:
        """Scope first: without it nothing works."""
        scope = getattr(self.view, "required_scope", {}).get(self.method)
        said = self.operation.more if self.operation is not None else super().get_description()
        return "\n\n".join(part for part in (f"Scope: `{scope}`." if scope else "", said) if part)

    def get_override_parameters(self) -> list[OpenApiParameter]:
        """The ids in the path, the names of the query, the headers."""
        found = [
            OpenApiParameter(name, id_schema(kind), OpenApiParameter.PATH, required=True)
            for name, kind in getattr(self.view, "path_ids", {}).items()
            if f"{{{name}}}" in self.path
        ]
        found += [
            OpenApiParameter(
                name, dict(one.schema), OpenApiParameter.QUERY, required=one.required, description=one.says
            )
            for name, one in self._query().items()
        ]
        found.append(
            OpenApiParameter(
                "X-Request-ID",
                _REQUEST_ID,
                OpenApiParameter.HEADER,
                description="The request's id: the caller's, or one of ours.",
                response=True,
            )
        )
        if self.operation is not None and self.operation.versioned:
            found += self._version_headers()
        return found

    def get_request_serializer(self) -> Any:
        """The operation's body with its examples."""
        if self.operation is None:
            return {media_type: {"type": "object"} for media_type in self.map_parsers()}
        if self.operation.body is None:
            return None
        examples = [OpenApiExample(name, value=value) for name, value in self.operation.examples.items()]
        body: Any = self.operation.body
        if self.operation.whole:
            body = self.resolve_serializer(body(), "request").ref
        request = OpenApiRequest(body, examples=examples)
        return dict.fromkeys(self.map_parsers(), request)

    def _get_request_body(self, direction: Any = "request") -> Any:
        """A body of which nothing may be left out must be there."""
        found = super()._get_request_body(direction)
        if found and self.operation is not None and self.operation.whole:
            found["required"] = True
        return found

    def get_response_serializers(self) -> Any:
        """The success, and every refusal with its codes."""
        found: dict[Any, Any] = {}
        if self.operation is None:
            found[200] = OpenApiResponse({"type": "object"}, description="Done")
        elif self.operation.answer is not None:
            found[self.operation.status] = OpenApiResponse(self.operation.answer, description="Done")
        elif self.operation.media_type != "application/json":
            file = OpenApiResponse({"type": "string", "format": "binary"}, description="The file")
            found[self.operation.status, self.operation.media_type] = file
        else:
            found[self.operation.status] = OpenApiResponse(None, description="Done")
        if self.operation is not None and self.operation.versioned and self.method == "GET":
            found[304] = OpenApiResponse(None, description="The caller has this version.")
        for status, codes in sorted(self._refusals().items()):
            said = ", ".join(f"`{code}`" for code in dict.fromkeys(codes))
            examples = [OpenApiExample(code, value=example(status, code)) for code in dict.fromkeys(codes)]
            found[status, PROBLEM] = OpenApiResponse(ProblemDocument, description=said, examples=examples)
        return found

    def _get_serializer_field_meta(self, field: Any, direction: Any) -> dict[str, Any]:
        """What a body holds has a length; an answer may be empty wherever it likes."""
        meta: dict[str, Any] = super()._get_serializer_field_meta(field, direction)
        if isinstance(field, StrictText) and not field.allow_blank:
            meta["minLength"] = 1
        if isinstance(field, serializers.ListField) and not field.allow_empty:
            meta["minItems"] = 1
        if (sample := sample_of(field)) is not None:
            meta["examples"] = [sample]
        return meta

    def _query(self) -> Mapping[str, Parameter]:
        held = {"GET": "parameters", "HEAD": "parameters", "DELETE": "write_parameters"}.get(self.method)
        names: Mapping[str, Parameter] = getattr(self.view, held, {}) if held else {}
        return names

    def _names_ids(self) -> bool:
        body = self.operation.body if self.operation is not None else None
        return body is not None and bool(kinds_in(body()))

    def _version_headers(self) -> list[OpenApiParameter]:
        told = OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=[200, 201, 304])
        if self.method == "POST":
            return [told]
        if self.method == "GET":
            say = "An ETag that the caller knows: the answer is 304 if nothing has changed."
            asked = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description=say)
        else:
            say = "The ETag of what is changed: the answer is 412 if it is another by now."
            asked = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description=say)
        return [asked, told] if self.method != "DELETE" else [asked]

    def _refusals(self) -> dict[int, tuple[str, ...]]:
        found = dict(_ALWAYS)
        sources: list[Mapping[int, tuple[str, ...]]] = []
        if self.method in {"POST", "PUT", "PATCH"}:
            sources.append(_WITH_BODY)
        if "{" in self.path:
            sources.append(_BAD_ID)
        if self.operation is not None:
            if "after" in self._query():
                sources.append({422: ("bad_cursor",)})
            if any(one.schema == address_schema() for one in self._query().values()):
                sources.append({422: ("bad_parameter",)})
            if self._names_ids() and "bad_message" not in self.operation.refusals:
                sources.append({422: ("unknown_id",)})
            if self.operation.versioned and self.method not in {"GET", "POST"}:
                sources.append({412: ("changed_meanwhile",)})
            sources += [{status: (code,)} for code, status in self.operation.refusals.items()]
        for source in sources:
            for status, codes in source.items():
                found[status] = (*found.get(status, ()), *codes)
        return found
