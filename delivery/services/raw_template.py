"""X-Relay-Template: the texts of a message are replaced by a template's, everything else of it stays."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from campaigns.services.template_render import Rendered, render
from delivery.models.stream import Stream
from delivery.services.raw_options import refused, with_header_options
from delivery.services.raw_spec import RawOptions
from relay_saas.mail.encoding import body_part
from relay_saas.mail.exceptions import MailError
from relay_saas.mail.headers import encode_text
from relay_saas.mail.mime import Part, structure
from relay_saas.mail.raw_message import MAX_HEAD, RawField, RawMessage, decoded, raw_field, read_raw
from relay_saas.mail.raw_parts import TextPart, text_parts
from relay_saas.web.errors import NotFound
from relay_saas.web.prefixed import number_of

_TEMPLATE: Final = "x-relay-template"
_VARIABLES: Final = "x-relay-variables"
_WRITTEN: Final = frozenset({"subject", "content-type", "content-transfer-encoding", "mime-version"})


def fill_template(*, tenant_id: UUID, raw: bytes, options: RawOptions) -> bytes | None:
    """The message with the template that it names, None where it names none.

    Its own Subject is a template as well. Raises BadSubmission, TemplateNotRendered.
    """
    if _TEMPLATE.encode() not in raw[:MAX_HEAD].lower():
        return None
    try:
        message = read_raw(raw)
    except MailError:
        # Whoever reads it next says what is wrong.
        return None
    if not message.all(_TEMPLATE):
        return None
    rendered = _render(tenant_id, message, with_header_options(options, message.fields))
    parts = text_parts(message)
    if not parts:
        detail = _("A message with a template needs a text part, whose place the template takes.")
        raise refused("X-Relay-Template", "template_needs_text", detail)
    return _replaced(message, parts, rendered)


def _render(tenant_id: UUID, message: RawMessage, options: RawOptions) -> Rendered:
    try:
        return render(
            tenant_id=tenant_id,
            template_id=number_of("tpl", message.first(_TEMPLATE)),
            subject=decoded(message.first("subject")),
            variables=_variables(message),
            marketing=options.stream is Stream.MARKETING,
        )
    except NotFound as error:
        detail = _("There is no template of this id.")
        raise refused("X-Relay-Template", "unknown_template", detail) from error


def _variables(message: RawMessage) -> Mapping[str, object]:
    text = decoded(message.first(_VARIABLES)) or "{}"
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        detail = _("%(name)s cannot hold this value.") % {"name": "X-Relay-Variables"}
        raise refused("X-Relay-Variables", "bad_option", detail)
    return found


def _replaced(message: RawMessage, parts: Sequence[TextPart], rendered: Rendered) -> bytes:
    seed = hashlib.sha256(message.body).hexdigest()
    text, html = body_part(rendered.text), body_part(rendered.html)
    made = {
        part.kind: structure(
            text if part.kind == "plain" or len(parts) == 1 else None,
            html if part.kind == "html" or len(parts) == 1 else None,
            [],
            seed,
        )
        for part in parts
    }
    pieces: list[bytes] = []
    at = 0
    for part in parts:
        pieces.append(message.body[at : part.start])
        if part.fields is not None:
            pieces.append(f"{part.fields}{_lines(made[part.kind])}\r\n".encode())
        pieces += [piece for piece in made[part.kind].pieces if isinstance(piece, bytes)]
        at = part.end
    fields = _fields(message, made[parts[0].kind] if parts[0].fields is None else None, rendered.subject)
    head = "".join(item.wire for item in fields).encode()
    return b"".join([head, b"\r\n", *pieces, message.body[at:]])


def _fields(message: RawMessage, whole: Part | None, subject: str) -> list[RawField]:
    """The header; `whole` takes the place of the whole body."""
    replaced = _WRITTEN if whole is not None else frozenset({"subject"})
    kept = [item for item in message.fields if item.key not in replaced]
    kept.append(raw_field("Subject", encode_text(subject, 9)))
    if whole is not None:
        kept += [raw_field("MIME-Version", "1.0"), *(raw_field(*pair) for pair in whole.fields)]
    return kept


def _lines(part: Part) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in part.fields)
