"""Fields of the API's answers and bodies that every app uses."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from relay_saas.mail.ids import format_id
from relay_saas.web.strict_fields import StrictText


class Moment(serializers.DateTimeField):
    """A moment of an answer, in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class GivenMoment(StrictText):
    """A moment of a body: RFC 3339 with its zone, because a time without one means nothing to a machine."""

    default_error_messages = {
        "moment": _("This is no moment as in 2026-11-24T09:00:00+09:00: date, time and zone.")
    }

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError for another shape; whether the year makes sense is for the service."""
        text = super().to_internal_value(data)
        try:
            found = datetime.fromisoformat(text[:40].upper())
            if found.tzinfo is None or "T" not in text.upper():
                self.fail("moment")
        except ValueError:
            self.fail("moment")
        try:
            return found.astimezone(UTC)
        except OverflowError:
            # At an end of the calendar another zone's day may not exist.
            return found.replace(tzinfo=UTC)


class UuidId(serializers.Field[UUID, str, str, Any]):
    """An id whose number is a UUID (`msg_…`, `em_…`), in answers."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: UUID) -> str:
        """The id."""
        return format_id(self.kind, value)


class FieldValues(serializers.Field[Any, Any, Any, Any]):
    """A contact's fields: text, number, true, false, or null to empty one. Inside: texts by key."""

    default_error_messages = {"invalid": _("This must be an object of texts, numbers, true, false or null.")}

    def to_internal_value(self, data: Any) -> dict[str, str]:
        """Raises ValidationError for another shape."""
        plain = (str, int, float, bool, type(None))
        if not isinstance(data, dict) or not all(isinstance(value, plain) for value in data.values()):
            self.fail("invalid")
        return {key: _text(value) for key, value in data.items()}

    def to_representation(self, value: Any) -> Any:
        """As it is kept."""
        return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
