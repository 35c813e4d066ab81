"""A message that somebody else built, as a form: its octets stay, what is personal is put between them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from relay_saas.mail.dkim import relaxed_body
from relay_saas.mail.headers import Field, field
from relay_saas.mail.merge import Template
from relay_saas.mail.message import Letter
from relay_saas.mail.part import MergedPart
from relay_saas.mail.raw_message import read_raw

#: The charset and encoding of a part that is merged.
_TEXT: Final = "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"


class RawForm:
    """Takes the place of `form.Form` for a stored message.

    `parts` are the text parts that are merged for each recipient: `start` and `end` in the body, `kind`
    (`html` or `plain`), and `fields`, which stand above the part beside its type and encoding; None where
    the message itself is the part, whose header then lacks these two.
    """

    def __init__(
        self,
        *,
        head: bytes,
        body: bytes,
        parts: Sequence[Mapping[str, Any]] = (),
        sources: Mapping[str, Template | str | None],
    ) -> None:
        """`sources` holds the template of each kind. Raises BadRawMessage."""
        fields = read_raw(head + b"\r\n").fields
        self.names = frozenset(item.key for item in fields)
        self._fields = [field_of(item.name, item.wire) for item in fields]
        self.pieces: list[bytes | MergedPart] = []
        at = 0
        for part in parts:
            source = sources[part["kind"]]
            if not isinstance(source, Template):
                continue
            merged = MergedPart(source)
            self.pieces += [body[at : part["start"]], self._above(part, merged), merged]
            at = part["end"]
        self.pieces.append(body[at:])
        #: What all copies share; None where each has its own.
        self._shared = (body, relaxed_body(body)) if len(self.pieces) == 1 else None

    def _above(self, part: Mapping[str, Any], merged: MergedPart) -> bytes:
        text = _TEXT.format(kind=part["kind"], encoding=merged.encoding)
        if part["fields"] is None:
            for line in text.splitlines():
                name, _, value = line.partition(": ")
                self._fields.append(field(name, value))
            return b""
        return f"{part['fields']}{text}\r\n".encode()

    def fill(
        self,
        context: dict[str, object],
        *,
        date: Field,  # noqa: ARG002 - the message has its own
        recipients: Sequence[Field],  # noqa: ARG002
        message_id: Field,  # noqa: ARG002
        own: Sequence[Field],
    ) -> Letter:
        """One person's message: `own` are the relay's fields, above what came. Raises RenderProblem."""
        fields = [*own, *self._fields]
        if self._shared is not None:
            body, canonical = self._shared
        else:
            body = b"".join(
                [piece if isinstance(piece, bytes) else piece.octets(context) for piece in self.pieces]
            )
            canonical = relaxed_body(body)
        return Letter(fields, body, canonical)


def field_of(name: str, wire: str) -> Field:
    """A stored field as it goes on the wire and as a signature sees it."""
    value = wire[len(name) + 1 : -2]
    return Field(name.lower(), wire, field(name, value).relaxed)
