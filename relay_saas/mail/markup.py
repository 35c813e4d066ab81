"""Compile MJML or HTML to the HTML of a mail, in a child process and with Liquid unharmed."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

from relay_saas.mail import markup_child
from relay_saas.mail.active_content import cut, removals
from relay_saas.mail.html_scan import liquid_spans, start_tags
from relay_saas.mail.liquid_guard import Guarded, guard, liquid_outside_values
from relay_saas.mail.mjml import MarkupProblem, check_structure
from relay_saas.mail.source import place, with_lf

SOURCE_BYTES = 512 * 1024
#: the compilers recurse, and crash on some thousands of nested elements
ELEMENTS = 1_500
TIMEOUT_SECONDS = 5.0
#: an address that cannot exist: pictures the compiler would fetch from its maker's host are found by it
ICON_ORIGIN = "https://icons.invalid/"
POSITION = re.compile(r"(?: in root template)?(?: at position (\d+):\d+)?$")
HIDDEN = "display:none;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all;font-size:1px"

WARNINGS = {
    "script_removed": "scripts do not run in mail and were removed",
    "frame_removed": "frames and embedded objects do not show in mail and were removed",
    "base_removed": "a base address was removed",
    "refresh_removed": "a page refresh was removed",
    "outside_style_removed": "a style sheet or font from another host was removed",
    "handler_removed": "an attribute that runs a script was removed",
    "field_dropped": "this merge tag stands where nothing is shown",
    "icon_removed": "a social icon without a picture of its own (src) was removed",
    "compiler_warning": "the compiler warns",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkupWarning:
    """Something that was changed or may be meant otherwise; `line` and `column` count from 1."""

    code: str
    message: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMarkup:
    """The HTML of a mail, Liquid still in it."""

    html: str
    warnings: tuple[MarkupWarning, ...]


def compile_markup(source: str, kind: Literal["mjml", "html"]) -> CompiledMarkup:
    """Compile `source`; takes about 0.1 s, at most 5 s. Raises MarkupProblem.

    HTML without a style element needs no compiler and stays as it is but for what `active_content` takes out.
    """
    source = with_lf(source)
    refuse_size(source)
    found = list(removals(source))
    warnings = [warning(removal.code, source, removal.start) for removal in found]
    source = cut(source, found)
    if kind == "html" and not any(tag.name == "style" for tag in start_tags(source)):
        return CompiledMarkup(html=source, warnings=tuple(warnings))
    if (index := liquid_outside_values(source)) is not None:
        message = "inside a tag, Liquid may only stand in the value of an attribute"
        raise MarkupProblem("liquid_in_tag", message, *place(source, index))
    if kind == "mjml":
        check_structure(source)
    guarded = guard(source, comments=kind == "html")
    answer = run_child({"kind": kind, "source": guarded.text, "icon_origin": ICON_ORIGIN})
    if "error" in answer:
        raise compiler_problem(answer["error"], guarded)
    html, icons = without_icons(answer["html"])
    warnings += missing(guarded, html, source)
    warnings += [MarkupWarning(code="icon_removed", message=WARNINGS["icon_removed"])] * bool(icons)
    warnings += [MarkupWarning(code="compiler_warning", message=str(item[0])) for item in answer["warnings"]]
    return CompiledMarkup(html=guarded.restore(html), warnings=tuple(warnings))


def insert_preheader(html: str, preheader: str) -> str:
    """`html` with a hidden line right after `<body>` that mailboxes show beside the subject.

    `preheader` is plain text with Liquid; an empty one changes nothing.
    """
    if not preheader.strip():
        return html
    body = next((tag for tag in start_tags(html) if tag.name == "body"), None)
    position = body.end if body else 0
    return f'{html[:position]}<div style="{HIDDEN}">{escape_text(preheader)}</div>{html[position:]}'


def escape_text(text: str) -> str:
    """`text` escaped for HTML, its Liquid tags left as they are (their values are escaped at render)."""
    parts: list[str] = []
    position = 0
    for start, end in liquid_spans(text):
        parts += escape(text[position:start]), text[start:end]
        position = end
    return "".join((*parts, escape(text[position:])))


def refuse_size(source: str) -> None:
    """Refuse what could be too much for the compilers."""
    try:
        size = len(source.encode())
    except UnicodeEncodeError as error:
        raise MarkupProblem(
            "not_unicode", "the text holds half a character", *place(source, error.start)
        ) from error
    if size > SOURCE_BYTES:
        raise MarkupProblem("source_too_long", f"the source is longer than {SOURCE_BYTES // 1024} KB")
    if source.count("<") > ELEMENTS:
        raise MarkupProblem("too_many_elements", f"the source holds more than {ELEMENTS} tags")


def run_child(request: dict[str, Any], timeout: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """One compile in a process of its own, which a hostile source may crash; `timeout` is in seconds."""
    command = [sys.executable, "-I", str(Path(markup_child.__file__))]
    payload = json.dumps(request).encode()
    try:
        # an empty environment: the child has no use for our secrets
        child = subprocess.run(
            command, input=payload, capture_output=True, timeout=timeout, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise MarkupProblem("too_complex", "the source takes too long to compile") from error
    if child.returncode != 0:
        raise MarkupProblem("too_complex", "the source is nested too deeply or needs too much memory")
    answer: dict[str, Any] = json.loads(child.stdout)
    return answer


def compiler_problem(error: str, guarded: Guarded) -> MarkupProblem:
    """The compiler's sentence, with its byte position turned into line and column of the source."""
    found = POSITION.search(error)
    if found is None or found[1] is None:
        return MarkupProblem("syntax", POSITION.sub("", error))
    before = guarded.restore(guarded.text.encode()[: int(found[1])].decode(errors="ignore"))
    original = guarded.restore(guarded.text)
    # the compiler counts from the blanks in front
    blanks = len(original[len(before) :]) - len(original[len(before) :].lstrip())
    return MarkupProblem("syntax", POSITION.sub("", error), *place(original, len(before) + blanks))


def without_icons(html: str) -> tuple[str, int]:
    """`html` without the pictures that the compiler points at its maker's host, and how many they were."""
    parts: list[str] = []
    position = 0
    for tag in start_tags(html):
        source = tag.attribute("src")
        if tag.name == "img" and source and source.value.startswith(ICON_ORIGIN):
            parts.append(html[position : tag.start])
            position = tag.end
    return "".join((*parts, html[position:])), len(parts)


def missing(guarded: Guarded, html: str, source: str) -> list[MarkupWarning]:
    """Warnings for output tags that the compiler dropped; a dropped `{% … %}` would unbalance the rest."""
    found = []
    for number in guarded.missing(html):
        start = guarded.starts[number]
        if guarded.tags[number].startswith("{%"):
            raise MarkupProblem("liquid_misplaced", "Liquid cannot stand here", *place(source, start))
        found.append(warning("field_dropped", source, start))
    return found


def warning(code: str, source: str, index: int) -> MarkupWarning:
    """A warning at a character of the source."""
    line, column = place(source, index)
    return MarkupWarning(code=code, message=WARNINGS[code], line=line, column=column)
