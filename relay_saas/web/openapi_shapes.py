"""The shapes of our own fields and serializers, as JSON schemas."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema

from relay_saas.web.api_operation import id_schema

_TEXT: Final = {"type": "string"}
_OBJECT: Final = {"type": "object"}
_PLAIN: Final = {"type": ["string", "number", "boolean", "null"]}
_BASE64: Final = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
#: By the class of the field.
_FIXED: Final[Mapping[str, Mapping[str, Any]]] = {
    "relay_saas.web.api_fields.FieldValues": {"type": "object", "additionalProperties": _PLAIN},
    "relay_saas.web.api_fields.GivenMoment": {"type": "string", "format": "date-time"},
    "relay_saas.web.strict_fields.TextPairs": {"type": "object", "additionalProperties": _TEXT},
    "rest_framework.serializers.FileField": {"type": "string", "format": "binary"},
    "tracking.api.webhook_shapes.StreamName": {
        "type": "string",
        "enum": ["system", "transactional", "marketing"],
    },
    "delivery.api.serializers.VariablesField": _OBJECT,
    "delivery.api.serializers.Base64File": {"type": "string", "pattern": _BASE64},
    "delivery.api.raw.MessageField": {"type": "string", "pattern": _BASE64, "minLength": 1},
}
#: What a mailbox may be beside an object.
_WRITTEN: Final = {"title": "Text", "type": "string", "format": "email", "maxLength": 1000}


def _fixed(name: str, shape: Mapping[str, Any]) -> type[OpenApiSerializerFieldExtension]:
    def map_serializer_field(self: Any, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:  # noqa: ARG001
        return dict(shape)

    members = {"target_class": name, "map_serializer_field": map_serializer_field}
    return type(f"{name.rpartition('.')[2]}Extension", (OpenApiSerializerFieldExtension,), members)


SHAPES: Final = [_fixed(name, shape) for name, shape in _FIXED.items()]


class PublicIdExtension(OpenApiSerializerFieldExtension):
    """A prefixed id is a string of one shape."""

    target_class = "relay_saas.web.prefixed.PublicId"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:  # noqa: ARG002
        """The shape."""
        return id_schema(self.target.kind)


class UuidIdExtension(OpenApiSerializerFieldExtension):
    """The same, for ids that are UUIDs."""

    target_class = "relay_saas.web.api_fields.UuidId"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:  # noqa: ARG002
        """The shape."""
        return id_schema(self.target.kind)


class StrictSerializerExtension(OpenApiSerializerExtension):
    """Unknown members are refused."""

    target_class = "relay_saas.web.strict_fields.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """The shape."""
        found = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return found | {"additionalProperties": False}


class ApiKeyExtension(OpenApiAuthenticationExtension):
    """`Authorization: Bearer rly_live_…`."""

    target_class = "accounts.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002
        """The scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of the dashboard's page Developers, or of `POST /keys`.",
        }


class MailboxExtension(OpenApiSerializerExtension):
    """An object, or as people write it."""

    target_class = "delivery.api.serializers.MailboxSerializer"
    priority = 1

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Either."""
        found = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {"anyOf": [found | {"title": "Parts", "additionalProperties": False}, _WRITTEN]}


class AttachmentExtension(OpenApiSerializerExtension):
    """One of two names."""

    target_class = "delivery.api.serializers.AttachmentSerializer"
    priority = 1

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """With either."""
        found = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        names = [{"required": ["name"]}, {"required": ["filename"]}]
        return found | {"additionalProperties": False, "oneOf": names}


class MailboxListExtension(OpenApiSerializerFieldExtension):
    """Mailboxes; one alone needs no list."""

    target_class = "delivery.api.serializers.MailboxList"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Either."""
        one = auto_schema.resolve_serializer(self.target.child, direction).ref
        least = {} if self.target.allow_empty else {"minItems": 1}
        many = {"title": "Several", "type": "array", "items": one, "maxItems": self.target.max_length}
        return {"anyOf": [one, many | least]}


class HeaderListExtension(OpenApiSerializerFieldExtension):
    """Header fields in a list, or an object of values by name."""

    target_class = "delivery.api.serializers.HeaderList"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Either."""
        one = auto_schema.resolve_serializer(self.target.child, direction).ref
        value = {"type": "string", "maxLength": 4000}
        pairs = {
            "type": "object",
            "additionalProperties": value,
            "propertyNames": {"minLength": 1, "maxLength": 100},
        }
        return {"anyOf": [{"type": "array", "items": one}, pairs]}
