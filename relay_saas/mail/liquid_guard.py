"""Carry Liquid tags unharmed through programs that read and write HTML: each becomes a token, and back."""

import re
from bisect import bisect_left
from dataclasses import dataclass

from relay_saas.mail.html_scan import liquid_spans, pieces, start_tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A text whose Liquid tags are tokens."""

    text: str
    #: the Liquid tags in order; token number n stands for tags[n]
    tags: tuple[str, ...]
    #: where each tag started in the original
    starts: tuple[int, ...]
    #: letters that start each token and stand nowhere else in the text
    stem: str

    def restore(self, text: str) -> str:
        """`text` with every token replaced by its Liquid tag; a token may come back more than once."""
        return self.pattern().sub(lambda found: self.tags[int(found[1] or found[2])], text)

    def missing(self, text: str) -> list[int]:
        """The numbers of tags whose token is not in `text`."""
        present = {int(found[1] or found[2]) for found in self.pattern().finditer(text)}
        return [number for number in range(len(self.tags)) if number not in present]

    def pattern(self) -> re.Pattern[str]:
        """Matches a token, bare or as a comment of its own."""
        return re.compile(rf"<!--{self.stem}(\d{{5}})z-->|{self.stem}(\d{{5}})z", re.IGNORECASE)


def guard(source: str, *, comments: bool = False) -> Guarded:
    """Replace each Liquid tag by a token of lower-case letters and digits.

    With `comments`, tokens in text are HTML comments, which a parser, unlike text, leaves inside a table.
    """
    stem = unused_stem(source)
    protected = [(piece.start, piece.end) for piece in pieces(source)] if comments else []
    parts: list[str] = []
    tags: list[str] = []
    starts: list[int] = []
    position = 0
    for start, end in liquid_spans(source):
        token = f"{stem}{len(tags):05d}z"
        while protected and protected[0][1] <= start:
            protected.pop(0)
        in_text = comments and not (protected and protected[0][0] <= start)
        parts += source[position:start], f"<!--{token}-->" if in_text else token
        tags.append(source[start:end])
        starts.append(start)
        position = end
    text = "".join((*parts, source[position:]))
    return Guarded(text=text, tags=tuple(tags), starts=tuple(starts), stem=stem)


def unused_stem(source: str) -> str:
    """A stem that the source does not hold."""
    lowered, stem = source.lower(), "lq"
    while stem in lowered:
        stem += "q"
    return stem


def liquid_outside_values(source: str) -> int | None:
    """Where a Liquid tag stands inside a start tag but not in the value of an attribute, or None."""
    starts = [start for start, _ in liquid_spans(source)]
    for piece in start_tags(source):
        for start in starts[bisect_left(starts, piece.start) : bisect_left(starts, piece.end)]:
            if not any(item.value_start <= start < item.value_end for item in piece.attributes):
                return start
    return None
