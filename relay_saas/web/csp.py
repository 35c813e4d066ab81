"""Content Security Policy of the dashboard, and the sandbox policy of views that show mail (CSP Level 3)."""

from __future__ import annotations

from typing import Final, Literal

from csp.constants import HEADER, NONE, SELF, UNSAFE_INLINE
from django.http import HttpResponseBase

#: Every page: our own files only, no inline script or style, framed by nobody.
POLICY: Final[dict[str, list[str]]] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "frame-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}

Images = Literal["none", "own", "any"]
_IMAGE_SOURCES: Final[dict[Images, list[str]]] = {
    "none": [NONE],
    "own": [SELF, "data:"],
    "any": [SELF, "data:", "https:"],
}


def mail_view_policy(*, images: Images = "own") -> str:
    """Return the policy for a URL that shows a tenant's or a recipient's mail as a document of its own.

    The document gets an opaque origin (`sandbox` without `allow-same-origin`), runs no script and submits no
    form; its links open in ordinary new tabs. `images`: "none" shows what a client without images shows,
    "own" loads ours and embedded ones, "any" loads from https hosts as a mail client does.
    """
    directives = {
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
        "default-src": [NONE],
        "img-src": _IMAGE_SOURCES[images],
        "style-src": [UNSAFE_INLINE],
        "form-action": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def protect_mail_view(response: HttpResponseBase, *, images: Images = "own") -> None:
    """Set the headers of a mail view: sandbox policy, framed by us only, not indexed, not kept."""
    response[HEADER] = mail_view_policy(images=images)
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
