"""Every code that a refusal may have, its status and sentence: for the list of errors and the reference."""

from collections.abc import Iterator
from typing import Any, Final

from relay_saas.web.errors import RelayError
from relay_saas.web.json_body import MESSAGES, status_of

#: Codes of the framework underneath.
FRAMEWORK: Final = {
    "invalid": (400, "A value is missing, unknown or of another type; `errors` names each."),
    "method_not_allowed": (405, "This address does not take this method."),
    "not_acceptable": (406, "The answer does not exist in the type that Accept asks for."),
    "permission_denied": (403, "The key does not have the scope that this needs."),
    "unsupported_media_type": (415, "The body must have the Content-Type that this address takes."),
}


def subclasses(root: type[Any], packages: frozenset[str]) -> list[type[Any]]:
    """All of them that these packages define, in an order that no import changes."""
    ours = (kind for kind in set(_below(root)) if kind.__module__.partition(".")[0] in packages)
    return sorted(ours, key=lambda kind: (kind.__module__, kind.__qualname__))


def _below(root: type[Any]) -> Iterator[type[Any]]:
    for child in root.__subclasses__():
        yield child
        yield from _below(child)


def refusals(packages: frozenset[str]) -> dict[str, tuple[int, str]]:
    """Status and sentence of each code, of the errors that are loaded; in the active language."""
    found: dict[str, tuple[int, str]] = dict(FRAMEWORK)
    for kind in subclasses(RelayError, packages):
        status = getattr(kind, "status", 400)
        for code, message in getattr(kind, "messages", {}).items():
            found[code] = (status, str(message))
        if "code" in vars(kind):
            found[vars(kind)["code"]] = (status, str(getattr(kind, "message", "")))
    found.pop("error", None)
    return found | {code: (status_of(code), str(words)) for code, words in MESSAGES.items()}
