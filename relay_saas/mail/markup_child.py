"""The child process that compiles one source; a hostile source may crash it, never its parent.

It imports nothing of ours, so that it starts fast. `markup.py` runs it: JSON in, JSON out.
"""

import json
import resource
import sys
from typing import Any

import css_inline
import mrml

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 5


def limit_process() -> None:
    """Cap memory and processor time, and leave no core file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def compile_mjml(source: str, icon_origin: str) -> dict[str, Any]:
    """MJML to HTML; includes are refused and no font is fetched from anywhere."""
    parser = mrml.ParserOptions(include_loader=mrml.noop_loader())
    options = mrml.RenderOptions(social_icon_origin=icon_origin, fonts={})
    result = mrml.to_html(source, parser, options)
    return {"html": result.content, "warnings": [[item.kind, item.start] for item in result.warnings]}


def inline_css(source: str) -> dict[str, Any]:
    """HTML with the rules of its style elements written into style attributes; media queries stay."""
    inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
    return {"html": inliner.inline(source), "warnings": []}


def main() -> None:
    """Read one request from standard input, write one answer to standard output."""
    limit_process()
    request = json.load(sys.stdin.buffer)
    try:
        if request["kind"] == "mjml":
            answer = compile_mjml(request["source"], request["icon_origin"])
        else:
            answer = inline_css(request["source"])
    except (OSError, ValueError, css_inline.InlineError) as error:
        answer = {"error": str(error)}
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
