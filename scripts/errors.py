"""Writes docs/errors.md, the list of all error codes, from the exceptions; `--check` only compares."""

import ast
import base64
import importlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
TARGET: Final = ROOT / "docs" / "errors.md"
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay_saas.settings")
# Nothing is asked of a database or sealed here.
KEY: Final = f"1:{base64.b64encode(bytes(32)).decode()}"
for name, value in {
    "RELAY_SECRET_KEY": "unused",
    "RELAY_API_PEPPER": "unused",
    "RELAY_MASTER_KEYS": KEY,
    "RELAY_TOKEN_KEYS": KEY,
    "DATABASE_URL": "postgresql:///unused",
}.items():
    os.environ.setdefault(name, value)

import django  # noqa: E402
from django.utils import translation  # noqa: E402

PACKAGES: Final = (
    "relay_saas/web", "relay_saas/mail", "relay_saas/net", "relay_saas/vault", "accounts", "campaigns",
    "delivery", "tracking",
)  # fmt: skip
OURS: Final = {path.partition("/")[0] for path in PACKAGES}
_RAISED: Final = re.compile(r"^class \w+\(\w*(?:Error|Problem|Body|Key)\w*\)", re.MULTILINE)
#: Codes of the framework underneath.
FRAMEWORK: Final = {
    "invalid": (400, "A value is missing, unknown or of another type; `errors` names each."),
    "method_not_allowed": (405, "This address does not take this method."),
    "not_acceptable": (406, "The answer does not exist in the type that Accept asks for."),
    "permission_denied": (403, "The key does not have the scope that this needs."),
    "unsupported_media_type": (415, "The body must have the Content-Type that this address takes."),
}
#: Codes of single values that the framework gives.
VALUES: Final = {
    "blank": "It is empty.",
    "empty": "The list is empty.",
    "invalid": "It is of another type.",
    "invalid_choice": "It is none of the words that are known.",
    "max_length": "It is longer than allowed.",
    "not_a_list": "It must be a list.",
    "null": "It may not be null.",
    "required": "It is missing.",
    "unknown_field": "There is no member of this name.",
}
HEAD: Final = """# Error codes

Made by `python -m scripts.errors` from the code; a test compares. A code never changes its meaning; the
sentences may, and come in the language that `Accept-Language` asks for.

Refusals are `application/problem+json` (RFC 9457):

```json
{"type": "urn:problem-type:relay:bad_message", "title": "Unprocessable Entity", "status": 422,
 "detail": "This cannot be made into a message. See errors.", "instance": "/api/v1/emails",
 "code": "bad_message", "request_id": "…",
 "errors": [{"pointer": "/to/0/email", "code": "no_at", "detail": "An address holds one @."}]}
```

Decide by `code` (what was refused) and by `errors[].code` (what is wrong with one value, at a JSON pointer).
429 and 503 say `Retry-After` where they know it. 5xx is ours: send the request again, with the same
`Idempotency-Key`.

"""


def modules() -> Iterator[str]:
    """Modules that define errors."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts and _RAISED.search(path.read_text(encoding="utf-8")):
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts)


def subclasses(root: type[Any]) -> list[type[Any]]:
    """All of them that are ours, in an order that no import changes."""
    ours = (kind for kind in set(_below(root)) if kind.__module__.partition(".")[0] in OURS)
    return sorted(ours, key=lambda kind: (kind.__module__, kind.__qualname__))


def _below(root: type[Any]) -> Iterator[type[Any]]:
    for child in root.__subclasses__():
        yield child
        yield from _below(child)


def refusals(root: type) -> dict[str, tuple[int, str]]:
    """Status and sentence of each code."""
    found = dict(FRAMEWORK)
    for kind in subclasses(root):
        status = getattr(kind, "status", 400)
        for code, message in getattr(kind, "messages", {}).items():
            found[code] = (status, str(message))
        if "code" in vars(kind):
            found[vars(kind)["code"]] = (status, str(getattr(kind, "message", "")))
    found.pop("error", None)
    return found


def values(root: type) -> dict[str, str]:
    """What each code of a single value means."""
    found = dict(VALUES)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for code, words in problems_in(ast.parse(path.read_text(encoding="utf-8"))):
                if words or code not in found:
                    found[code] = found.get(code) or words
    for kind in subclasses(root):
        found |= {code: str(words) for code, words in vars(kind).get("reasons", {}).items()}
    return found


def problems_in(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Codes and sentences of FieldProblem(…) calls, as far as they stand there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "FieldProblem":
            said = {keyword.arg: keyword.value for keyword in node.keywords}
            code = said.get("code")
            if isinstance(code, ast.Constant):
                yield str(code.value), _words(said.get("detail"))


def _words(node: ast.AST | None) -> str:
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        return str(node.args[0].value)
    return ""


def text() -> str:
    """The whole page."""
    django.setup()
    with translation.override("en"):
        for name in modules():
            importlib.import_module(name)
        web = importlib.import_module("relay_saas.web.errors")
        body = importlib.import_module("relay_saas.web.json_body")
        mail = importlib.import_module("relay_saas.mail.exceptions")
        found = refusals(web.RelayError)
        for code, words in body._MESSAGES.items():
            found[code] = (413 if code in {"body_too_large", "too_many_items"} else 400, str(words))
        lines = [HEAD, "## What was refused: `code`\n\n", "| code | status | |\n", "| --- | --- | --- |\n"]
        lines += [f"| `{code}` | {found[code][0]} | {_cell(found[code][1])} |\n" for code in sorted(found)]
        lines += ["\n## What is wrong with one value: `errors[].code`\n\n", "| code | |\n", "| --- | --- |\n"]
        single = values(mail.MailError)
        lines += [f"| `{code}` | {_cell(single[code])} |\n" for code in sorted(single)]
    return "".join(lines)


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


def main() -> int:
    """Writes, or compares with `--check`."""
    wanted = text()
    if "--check" in sys.argv:
        return 0 if TARGET.read_text(encoding="utf-8") == wanted else 1
    TARGET.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
