"""What the doors for other services' clients share: their words, read leniently, become our requests."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from delivery.exceptions import BadSubmission
from delivery.services.submission_spec import AttachedFile, Mailbox
from relay_saas.mail.mailbox import BadMailbox, read_mailbox, split_mailboxes
from relay_saas.web.problems import FieldProblem

_BLANKS: Final = str.maketrans("", "", "\r\n\t ")


class LooseText(serializers.CharField):
    """A text; null and a missing one are empty."""

    def __init__(self, **kwargs: Any) -> None:
        usual = {"required": False, "allow_null": True, "allow_blank": True, "default": None}
        super().__init__(trim_whitespace=False, **usual | kwargs)


class LooseFile(serializers.Field[Any, Any, Any, Any]):
    """Base64, with line ends or without; or the octets as numbers."""

    default_error_messages = {"invalid": gettext_lazy("This is not base64.")}

    def to_internal_value(self, data: Any) -> bytes:
        """The octets; raises ValidationError."""
        try:
            if isinstance(data, list):
                return bytes(data)
            return base64.b64decode(str(data).translate(_BLANKS), validate=True)
        except (binascii.Error, ValueError, TypeError):
            self.fail("invalid")

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


class Anything(serializers.Field[Any, Any, Any, Any]):
    """A JSON value."""

    def to_internal_value(self, data: Any) -> Any:
        """As it is."""
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


def mailboxes(text: Any, pointer: str) -> tuple[Mailbox, ...]:
    """The mailboxes of a list with commas, or of a list of texts; raises BadSubmission."""
    parts = text if isinstance(text, list) else [] if text is None else [text]
    try:
        return tuple(mailbox for part in parts for mailbox in _mailboxes(part))
    except BadMailbox as error:
        where = FieldProblem(pointer=pointer, code=error.code, detail=str(error))
        raise BadSubmission("bad_message", errors=[where]) from error


def _mailboxes(text: Any) -> list[Mailbox]:
    if not isinstance(text, str):
        raise BadMailbox("bad_mailbox")
    found = map(read_mailbox, split_mailboxes(text))
    return [Mailbox(address=one.address, name=one.name) for one in found]


def sender(text: Any) -> Mailbox:
    """The one mailbox of From; raises BadSubmission."""
    found = mailboxes(text, "/from")
    if len(found) != 1:
        detail = _("From must be one address.")
        raise BadSubmission(
            "bad_message", errors=[FieldProblem(pointer="/from", code="bad_mailbox", detail=detail)]
        )
    return found[0]


def file_of(
    name: str | None, content_type: str | None, content: bytes, content_id: str | None
) -> AttachedFile:
    """A file; an inline picture's id comes with or without its frame."""
    cid = (content_id or "").removeprefix("cid:").strip("<>")
    kind = (content_type or "application/octet-stream").partition(";")[0].strip()
    return AttachedFile(name=name or "attachment", content_type=kind, content=content, content_id=cid or None)


def texts(values: Mapping[str, Any] | None) -> dict[str, str]:
    """Values as texts: other services take numbers and flags as well."""
    return {
        str(name): value if isinstance(value, str) else str(value) for name, value in (values or {}).items()
    }
