"""The judge of generated code: the interpreter's text, or its error, for the same template and context."""

import base64
import quopri
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

from relay_saas.mail.encoding import crlf
from relay_saas.mail.merge.compiler import TEXT, Form, NotCompilable, compile_template
from relay_saas.mail.merge.language import environment
from relay_saas.mail.part import BASE64, QUOTED_PRINTABLE
from relay_saas.mail.source import with_lf

DECODERS = {"quoted-printable": quopri.decodestring, "base64": base64.b64decode}
FORMS: dict[str, Form] = {"text": TEXT, "quoted-printable": QUOTED_PRINTABLE, "base64": BASE64}


class Difference(AssertionError):
    """Generated code made what the interpreter does not make."""


def interpreted(parsed: BoundTemplate, context: Mapping[str, Any]) -> str | None:
    """The text; None where the interpreter raises."""
    try:
        return with_lf(parsed.render(context))
    except RecursionError:
        raise
    except Exception:  # noqa: BLE001  # which error it is, is the interpreter's affair
        return None


def compare(
    source: str,
    contexts: Iterable[Mapping[str, Any]],
    *,
    forms: Iterable[str] = FORMS,
    html: Iterable[bool] = (True, False),
) -> Counter[str]:
    """Renders `source` both ways, escaped and not; counts what generated code did. Raises Difference."""
    seen: Counter[str] = Counter()
    for escaped in html:
        try:
            parsed = environment(html=escaped).from_string(source)
        except LiquidError:
            seen["no template"] += 1
            continue
        for form in forms:
            try:
                function = compile_template(parsed, FORMS[form])
            except NotCompilable:
                seen["not compilable"] += 1
                continue
            for context in contexts:
                seen[_one(parsed, function, form, dict(context))] += 1
    return seen


def _one(parsed: BoundTemplate, function: Any, form: str, context: dict[str, Any]) -> str:
    wanted = interpreted(parsed, context)
    try:
        made = function(context)
    except Exception:  # noqa: BLE001  # any of them leads to the interpreter
        return "gave up" if wanted is None else "gave up for nothing"
    if form != "text":
        made = DECODERS[form](made).decode()
        wanted = None if wanted is None else crlf(wanted)
    if made != wanted:
        raise Difference(f"{form}: {parsed} with {context!r}: {made!r}, interpreted {wanted!r}"[:2000])
    return "rendered"
