"""Fields of request bodies that take only JSON's own types: what is misspelt or mistyped is not guessed."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

#: What a column of whole numbers holds.
MAX_INTEGER: Final = (1 << 31) - 1


class NoSurrogates(ProhibitSurrogateCharactersValidator):
    """The library's, which looks at every character one by one, where there is something to find."""

    def __call__(self, value: Any) -> None:
        """Raises ValidationError."""
        try:
            str(value).encode()
        except UnicodeEncodeError:
            super().__call__(value)


class AsSent:
    """Of a field: empty in a form is empty, and not left out."""

    field_name: Any

    def get_value(self, dictionary: Any) -> Any:
        """What stands under the field's name."""
        return dictionary.get(self.field_name, serializers.empty)


class StrictText(AsSent, serializers.CharField):
    """A JSON string as it came: no number in its place, nothing trimmed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)
        slow = ProhibitSurrogateCharactersValidator()
        self.validators = [NoSurrogates() if one == slow else one for one in self.validators]

    def to_internal_value(self, data: Any) -> str:
        """Raises ValidationError for another type."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictFlag(serializers.BooleanField):
    """JSON's true and false, and not their many spellings."""

    def to_internal_value(self, data: Any) -> bool:
        """Raises ValidationError for another type."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictInteger(serializers.IntegerField):
    """JSON's whole numbers, 1.0 among them; neither "1" nor true."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": -MAX_INTEGER, "max_value": MAX_INTEGER} | kwargs)

    def to_internal_value(self, data: Any) -> int:
        """Raises ValidationError for another type."""
        if type(data) is not int and not (type(data) is float and data.is_integer()):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextPairs(serializers.Field[Any, Any, Any, Any]):
    """An object whose values are strings."""

    default_error_messages = {"invalid": _("This must be an object whose values are strings.")}

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Raises ValidationError for another shape."""
        if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses members that it does not know: a misspelt option must not be ignored in silence."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError with code `unknown_field` for each."""
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            if unknown:
                message = _("There is no field of this name.")
                errors = {name: [serializers.ErrorDetail(str(message), "unknown_field")] for name in unknown}
                raise serializers.ValidationError(errors)
        return super().to_internal_value(data)
