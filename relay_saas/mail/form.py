"""What all messages of one content share, made once; filling it in costs what is personal and one join."""

from collections.abc import Sequence
from typing import Final

from relay_saas.mail.encoding import Encoding, body_part
from relay_saas.mail.headers import BadHeader, Field, field
from relay_saas.mail.merge import Template
from relay_saas.mail.merge.compiler import TEXT
from relay_saas.mail.merge.merger import Merger
from relay_saas.mail.message import (
    MIME_VERSION,
    SINGLETON_HEADERS,
    Letter,
    from_field,
    further_fields,
    reply_to_field,
    subject_field,
)
from relay_saas.mail.mime import Attachment, BadMessage, Piece, structure
from relay_saas.mail.part import MergedPart

_NOTHING: Final[frozenset[str]] = frozenset()


class Form:
    """A content as a form: what it makes means what `message.letter` makes of the rendered parts."""

    def __init__(
        self,
        *,
        from_name: str,
        from_address: str,
        reply_to: str | None,
        subject: Template | str,
        html: Template | str | None,
        text: Template | str | None,
        headers: Sequence[tuple[str, str]],
        attachments: Sequence[Attachment],
        seed: str,
    ) -> None:
        """`seed` decides the boundaries. Raises BadAddress, BadHeader, BadMessage."""
        body = structure(_part(text), _part(html), attachments, seed)
        self._subject = (
            Merger[str](subject, TEXT) if isinstance(subject, Template) else subject_field(subject)
        )
        self._from = from_field(from_name, from_address)
        self._reply_to = [] if reply_to is None else [reply_to_field(reply_to)]
        self._further = further_fields(headers)
        self._last = [MIME_VERSION, *(field(name, value) for name, value in body.fields)]
        #: the body: octets that all share, and parts made for each
        self.pieces = _joined(body.pieces)
        #: lower-case names of the sender's own fields
        self.names = frozenset(item.name for item in self._further) if self._further else _NOTHING

    def fill(
        self,
        context: dict[str, object],
        *,
        date: Field,
        recipients: Sequence[Field],
        message_id: Field,
        own: Sequence[Field],
    ) -> Letter:
        """One person's message: `recipients` are To and perhaps Cc, `own` are the relay's fields.

        Raises:
            RenderProblem: a template fails for this person.
            BadHeader: the subject cannot be carried, or one of `own` repeats a field of the sender's.
        """
        if self.names and not self.names.isdisjoint(
            item.name for item in own if item.name in SINGLETON_HEADERS
        ):
            raise BadHeader("repeated")
        subject = self._subject
        fields = [
            date,
            self._from,
            *recipients,
            *self._reply_to,
            subject if isinstance(subject, Field) else _merged_subject(subject, context),
            message_id,
            *self._further,
            *own,
            *self._last,
        ]
        pieces = [piece if isinstance(piece, bytes) else piece.octets(context) for piece in self.pieces]
        return Letter(fields, b"".join(pieces))


def _part(source: Template | str | None) -> tuple[Encoding, Piece] | None:
    if source is None:
        return None
    try:
        if isinstance(source, str):
            return body_part(source)
        part = MergedPart(source)
    except UnicodeEncodeError:
        raise BadMessage("surrogate") from None
    return part.encoding, part


def _merged_subject(subject: Merger[str], context: dict[str, object]) -> Field:
    return subject_field(" ".join(subject.merge(context).split()))


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with neighbouring octets as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined
