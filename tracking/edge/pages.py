"""The recipient's pages, rendered by Django's templates in the recipient's language."""

from pathlib import Path

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from tracking.edge.http import Answer, Request

LANGUAGES = ("ja", "en")
CSS = (Path(__file__).parent / "recipient.css").read_bytes()
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def language_of(request: Request, fallback: str) -> str:
    """`?lang=` wins, then Accept-Language, then the tenant's own language."""
    for choice in LANGUAGES:
        if f"lang={choice}" in request.query.split("&"):
            return choice
    for accepted, _weight in parse_accept_lang_header(request.accept_language):
        if accepted.split("-")[0] in LANGUAGES:
            return accepted.split("-")[0]
    return fallback if fallback in LANGUAGES else "en"


def page(
    request: Request, template: str, context: dict[str, object], *, status: int = 200, fallback: str = "en"
) -> Answer:
    """A page of templates/recipient/ under its own strict policy."""
    language = language_of(request, fallback)
    with translation.override(language):
        html = render_to_string(
            f"recipient/{template}.html", context | {"language": language, "path": request.path}
        )
    return Answer(
        status=status,
        body=html.encode(),
        content_type="text/html; charset=utf-8",
        headers=(("content-security-policy", POLICY), ("content-language", language)),
    )
