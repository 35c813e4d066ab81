"""Reads bodies with serializers that were made once."""

from typing import Any, cast

from rest_framework import serializers

from relay_saas.web.errors import translated


def checked(shape: serializers.Serializer[Any], body: Any) -> dict[str, Any]:
    """What `shape` makes of a body; raises RelayError. Nothing of the body stays in `shape`."""
    try:
        return cast("dict[str, Any]", shape.run_validation(body))
    except serializers.ValidationError as exception:
        error = translated(exception)
        if error is None:
            raise
        raise error from exception
