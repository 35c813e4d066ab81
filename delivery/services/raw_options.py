"""X-Relay-* fields of a message: read, checked, and never sent on."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from delivery.exceptions import BadSubmission
from delivery.models.stream import Stream
from delivery.services.raw_spec import RawOptions
from delivery.services.submission_check import marks_problems
from relay_saas.mail.raw_message import RawField, decoded
from relay_saas.web.problems import FieldProblem

PREFIX: Final = "x-relay-"
_METADATA: Final = "x-relay-metadata-"
#: Our own, from an earlier way of the message through the relay.
_IGNORED: Final = frozenset({"x-relay-trace"})
_STREAMS: Final = {"transactional": Stream.TRANSACTIONAL, "marketing": Stream.MARKETING}
_SWITCHES: Final = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}
_KEY: Final = 255
_FARTHEST: Final = timedelta(days=30)


def with_header_options(options: RawOptions, fields: Iterable[RawField]) -> RawOptions:
    """The options with what the message itself says; raises BadSubmission, which names the field."""
    for item in fields:
        if item.key.startswith(PREFIX) and item.key not in _IGNORED:
            options = _applied(options, item)
    for problem in marks_problems(options.tags, options.metadata):
        raise BadSubmission("bad_message", errors=[problem])
    return options


def _applied(options: RawOptions, item: RawField) -> RawOptions:
    if item.key.startswith(_METADATA) and item.key != _METADATA:
        name = item.name[len(_METADATA) :]
        return replace(options, metadata={**options.metadata, name: decoded(item.value)})
    read = _READERS.get(item.key)
    if read is None:
        detail = _("There is no such field: %(name)s") % {"name": item.name}
        raise refused(item.name, "unknown_option", detail)
    try:
        return read(options, item.value)
    except ValueError as error:
        detail = _("%(name)s cannot hold this value.") % {"name": item.name}
        raise refused(item.name, "bad_option", detail) from error


def refused(name: str, code: str, detail: str) -> BadSubmission:
    """A refusal that names a header field."""
    return BadSubmission(
        "bad_message", errors=[FieldProblem(pointer=f"/headers/{name}", code=code, detail=detail)]
    )


def _tags(options: RawOptions, value: str) -> RawOptions:
    tags = [tag.strip() for tag in decoded(value).split(",")]
    return replace(options, tags=(*options.tags, *(tag for tag in tags if tag)))


def _stream(options: RawOptions, value: str) -> RawOptions:
    stream = _STREAMS.get(value.strip().lower())
    if stream is None or (stream is not options.stream and not options.may_choose_stream):
        raise ValueError(value)
    return replace(options, stream=stream)


def _send_at(options: RawOptions, value: str) -> RawOptions:
    try:
        when = datetime.fromisoformat(value.strip())
    except ValueError:
        when = parsedate_to_datetime(value)
    if when.tzinfo is None or when > timezone.now() + _FARTHEST:
        raise ValueError(value)
    return replace(options, send_at=when)


def _key(options: RawOptions, value: str) -> RawOptions:
    if not 0 < len(value) <= _KEY or not value.isprintable():
        raise ValueError(value)
    return replace(options, idempotency_key=value)


def _switch(value: str) -> bool:
    found = _SWITCHES.get(value.strip().lower())
    if found is None:
        raise ValueError(value)
    return found


_READERS: Final[dict[str, Callable[[RawOptions, str], RawOptions]]] = {
    "x-relay-tag": _tags,
    "x-relay-stream": _stream,
    "x-relay-send-at": _send_at,
    "x-relay-idempotency-key": _key,
    # What they ask for is done before (raw_template.py).
    "x-relay-template": lambda options, _value: options,
    "x-relay-variables": lambda options, _value: options,
    "x-relay-track-opens": lambda options, value: replace(options, track_opens=_switch(value)),
    "x-relay-track-clicks": lambda options, value: replace(options, track_clicks=_switch(value)),
}
