"""Where the texts stand in a message that somebody else built; what is signed or encrypted is left out."""

from collections.abc import Iterator
from email.message import Message
from typing import Final, Literal, NamedTuple

from relay_saas.mail.mime_reader import Part, headers_of
from relay_saas.mail.raw_message import RawMessage

Kind = Literal["html", "plain"]

#: Only these are opened: inside signed, encrypted and forwarded parts every octet counts.
_OPENED: Final = frozenset({"multipart/mixed", "multipart/related", "multipart/alternative"})
_KINDS: Final[dict[str, Kind]] = {"text/html": "html", "text/plain": "plain"}
_REPLACED: Final = ("content-type:", "content-transfer-encoding:", "content-md5:", "content-length:")
_PARTS: Final = 200
_DEPTH: Final = 8
#: Octets of a text that is looked at.
_LARGEST: Final = 1_000_000


class TextPart(NamedTuple):
    """A text, and the range of the body that it takes with its own header."""

    kind: Kind
    start: int
    end: int
    #: What else its header says; None: the message itself is the part.
    fields: str | None
    text: str


def text_parts(message: RawMessage) -> list[TextPart]:
    """The first HTML and the first plain text that a reader is shown, in their order."""
    content = [item for item in message.fields if item.key.startswith("content-")]
    headers = headers_of("".join(item.wire for item in content).encode())
    found: dict[Kind, TextPart] = {}
    walk = _Walk(message.body)
    for part in walk.texts(headers, None, _Span(0, 0, len(message.body)), _DEPTH):
        found.setdefault(part.kind, part)
    if walk.seen > _PARTS:
        return []
    return sorted(found.values(), key=lambda part: part.start)


class _Span(NamedTuple):
    """A part in the body: its own header from `start`, what it holds from `content` to `end`."""

    start: int
    content: int
    end: int


class _Walk:
    """One look at all parts of a body."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.seen = 0

    def texts(self, headers: Message, fields: str | None, span: _Span, depth: int) -> Iterator[TextPart]:
        """The texts in the part."""
        self.seen += 1
        kind = headers.get_content_type()
        if kind in _OPENED:
            boundary = headers.get_boundary()
            if boundary and depth and self.seen <= _PARTS:
                for first, last in self._between(boundary.encode("ascii", "replace"), span.content, span.end):
                    yield from self._inside(first, last, depth - 1)
        elif kind in _KINDS and not _is_file(headers):
            text = _text(Part(headers, self._body[span.content : span.end]))
            if text is not None:
                yield TextPart(_KINDS[kind], span.start, span.end, fields, text)

    def _inside(self, start: int, end: int, depth: int) -> Iterator[TextPart]:
        if self._body.startswith(b"\r\n", start):
            return
        stop = self._body.find(b"\r\n\r\n", start, end)
        if stop < 0:
            return
        head = self._body[start : stop + 2]
        try:
            fields = _others(head.decode())
        except UnicodeDecodeError:
            return
        yield from self.texts(headers_of(head), fields, _Span(start, stop + 4, end), depth)

    def _between(self, boundary: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """What stands between the delimiter lines."""
        mark = b"--" + boundary
        at = start if self._body.startswith(mark, start) else self._next(mark, start, end)
        while 0 <= at < end:
            line_end = self._body.find(b"\r\n", at, end)
            if line_end < 0 or self._body.startswith(b"--", at + len(mark)):
                return
            following = self._next(mark, line_end, end)
            yield line_end + 2, (following - 2 if following >= 0 else end)
            at = following

    def _next(self, mark: bytes, start: int, end: int) -> int:
        """Where the next delimiter line begins, -1 where there is none."""
        while True:
            found = self._body.find(b"\r\n" + mark, start, end)
            if found < 0:
                return -1
            rest = self._body[found + 2 + len(mark) : found + 82 + len(mark)].split(b"\r\n", 1)[0]
            if not rest.removeprefix(b"--").strip():
                return found + 2
            start = found + 2


def _is_file(headers: Message) -> bool:
    return headers.get_content_disposition() == "attachment" or headers.get_filename() is not None


def _text(part: Part) -> str | None:
    if len(part.body) > _LARGEST:
        return None
    charset = str(part.headers.get_param("charset") or "us-ascii")
    try:
        text = part.octets().decode("utf-8" if charset.lower() == "us-ascii" else charset)
        # Some charsets can spell half characters.
        text.encode()
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if "\0" in text else text


def _others(head: str) -> str:
    """The fields of a part but for what is written anew."""
    kept: list[str] = []
    dropped = False
    for line in head.split("\r\n")[:-1]:
        if line[:1] not in (" ", "\t"):
            dropped = line.lower().startswith(_REPLACED)
        if not dropped:
            kept.append(f"{line}\r\n")
    return "".join(kept)
