"""The frame of every mailbox page: head, language switch, main part; everything that is shown is escaped."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from relay_saas.simulator.mailboxes.texts import LANGUAGES, TEXTS
from relay_saas.simulator.mailboxes.web import Request, Response

CURRENT = ' aria-current="true"'
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Who looks at what: the request and the reader's language."""

    request: Request
    language: str

    def text(self, name: str, **words: object) -> str:
        """A text of the page, escaped, with its words filled in."""
        return escape(TEXTS[self.language][name].format(**words))

    def link(self, path: str, **query: object) -> str:
        """An internal address that keeps the language, escaped for an attribute."""
        pairs = {name: str(value) for name, value in query.items() if value not in {"", None}}
        return escape(f"{path}?{urlencode(pairs | {'lang': self.language})}")

    def here(self, **changes: str) -> str:
        """This page with other query values, escaped for an attribute."""
        return escape(f"{self.request.path}?{urlencode({**self.request.query, **changes})}")


def page(
    view: View, heading: str, main: str, *, status: int = 200, trail: Mapping[str, str] | None = None
) -> Response:
    """A whole page; `heading` is plain text, `main` is HTML, `trail` maps plain texts to addresses."""
    title = escape(heading)
    crumbs = "".join(f'<li><a href="{href}">{escape(name)}</a></li>' for name, href in (trail or {}).items())
    way = f'<ol class="trail">{crumbs}</ol>' if crumbs else ""
    html = f"""<!doctype html>
<html lang="{view.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · {view.text("title")}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#main">{view.text("skip")}</a>
<header><div class="width bar">
<a class="brand" href="{view.link("/")}">{view.text("title")}</a>
<nav aria-label="{view.text("language")}"><ul class="languages">{_languages(view)}</ul></nav>
</div></header>
<main id="main" class="width">
{way}
<h1>{title}</h1>
{main}
</main>
</body>
</html>
"""
    headers = {"Content-Security-Policy": PAGE_POLICY, "Content-Language": view.language}
    return Response(status=status, body=html.encode("utf-8", "replace"), headers=headers)


def _languages(view: View) -> str:
    return "".join(
        f'<li><a href="{view.here(lang=code)}" lang="{code}" hreflang="{code}"'
        f"{CURRENT if code == view.language else ''}>{name}</a></li>"
        for code, name in LANGUAGES.items()
    )


def notice(title: str, hint: str) -> str:
    """A box that says why there is nothing to see; both parts are HTML."""
    return f'<div class="notice"><h2>{title}</h2><p>{hint}</p></div>'
