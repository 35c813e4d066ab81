"""Writes docs/errors.md, the list of all error codes, from the exceptions; `--check` only compares."""

import ast
import base64
import importlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
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
OURS: Final = frozenset(path.partition("/")[0] for path in PACKAGES)
_RAISED: Final = re.compile(r"^class \w+\(\w*(?:Error|Problem|Body|Key)\w*\)", re.MULTILINE)
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


def values(kinds: Iterable[type[Any]]) -> dict[str, str]:
    """What each code of a single value means."""
    found = dict(VALUES)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for code, words in problems_in(ast.parse(path.read_text(encoding="utf-8"))):
                if words or code not in found:
                    found[code] = found.get(code) or words
    for kind in kinds:
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
        codes = importlib.import_module("relay_saas.web.codes")
        mail = importlib.import_module("relay_saas.mail.exceptions")
        found = codes.refusals(OURS)
        lines = [HEAD, "## What was refused: `code`\n\n", "| code | status | |\n", "| --- | --- | --- |\n"]
        lines += [f"| `{code}` | {found[code][0]} | {_cell(found[code][1])} |\n" for code in sorted(found)]
        lines += ["\n## What is wrong with one value: `errors[].code`\n\n", "| code | |\n", "| --- | --- |\n"]
        single = values(codes.subclasses(mail.MailError, OURS))
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
