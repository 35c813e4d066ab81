"""Finds phrases in a server's reply without a regular expression, so that no reply can be slow.

A phrase is whole words: `user unknown`. `^` before it means the reply begins with it, `*` after it leaves the
end of its last word open (`throttl*`), and ` … ` stands for anything between two parts. Case, punctuation and
addresses do not count: an address may hold any word, and says nothing about why it was refused.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Characters of a reply that are looked at.
LIMIT = 700

_BETWEEN_TOKENS = re.compile(r"[^\w@.+\-/=%']+")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_GAP = "…"


def words(text: str) -> str:
    """The reply's words in lower case, one blank around each.

    Addresses are left out; where the reply begins with one, an `@` stands for it.
    """
    tokens = _BETWEEN_TOKENS.sub(" ", text[:LIMIT].casefold()).split()
    kept = " ".join([token for token in tokens if "@" not in token])[:LIMIT]
    mark = " @" if tokens and "@" in tokens[0] else ""
    return f"{mark} {_BETWEEN_WORDS.sub(' ', kept).strip()} "


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase, compiled: its parts in their order."""

    parts: tuple[str, ...]
    at_start: bool
    #: Words that each text with the phrase holds; none where the end of its only word is open.
    sure: frozenset[str]

    @property
    def anchor(self) -> str:
        """The longest of the sure words, or ""."""
        return max(self.sure, key=lambda word: (len(word), word), default="")

    def stands_in(self, text: str) -> bool:
        """Whether `text`, as `words` gives it, holds the phrase."""
        if self.at_start and not text.startswith(self.parts[0]):
            return False
        at = 0
        for part in self.parts:
            at = text.find(part, at)
            if at < 0:
                return False
            # The blank that ends one word may begin the next.
            at += len(part) - part.endswith(" ")
        return True


def compile_phrase(pattern: str) -> Phrase:
    """Raises ValueError for a phrase without a word."""
    parts, sure = [], []
    for piece in pattern.split(_GAP):
        part, whole = _part(piece.strip())
        parts.append(part)
        sure += whole
    return Phrase(tuple(parts), pattern.startswith("^"), frozenset(sure))


def _part(piece: str) -> tuple[str, list[str]]:
    """What to look for, and the words that are whole in it. East Asian text has no blanks between words."""
    found = words(piece).strip()
    if not found:
        raise ValueError(f"no word in {piece!r}")
    front = " " if found[0].isascii() else ""
    back = " " if found[-1].isascii() and not piece.endswith("*") else ""
    whole = found.split(" ")[not front :]
    return front + found + back, whole if back else whole[:-1]


class PhraseIndex:
    """Which keys have a phrase in a text; only phrases whose anchor stands in it are looked for."""

    def __init__(self, patterns: Mapping[str, Iterable[str]]) -> None:
        self._anchored: dict[str, list[tuple[str, Phrase]]] = defaultdict(list)
        for key, alternatives in patterns.items():
            for phrase in map(compile_phrase, alternatives):
                self._anchored[phrase.anchor].append((key, phrase))

    def __call__(self, text: str) -> set[str]:
        """The keys whose phrases `text` (as `words` gives it) holds."""
        found: set[str] = set()
        said = {"", *text.split(" ")}
        for word in said & self._anchored.keys():
            for key, phrase in self._anchored[word]:
                if key not in found and phrase.sure <= said and phrase.stands_in(text):
                    found.add(key)
        return found
