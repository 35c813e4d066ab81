"""Renders a piece of template as a page would, components included."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template import engines
from django_cotton.compiler_regex import CottonCompiler


def render(source: str, *, request: HttpRequest | None = None, **context: Any) -> str:
    """Return the HTML of `source` with the runs of white space folded, so that tests can look for text."""
    html = engines["django"].from_string(CottonCompiler().process(source)).render(context, request)
    return " ".join(html.split())
