"""What others wrote, shown from URLs of its own in a sandbox: messages, and pages of the tracking edge."""

import re
from html import escape, unescape
from urllib.parse import quote, urlencode, urlsplit

from relay_saas.simulator.edge import Answer
from relay_saas.simulator.mailboxes.web import Response
from relay_saas.simulator.recipients.reading import is_tracking, parse, read

LOOKING_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
RECIPIENT_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; form-action 'none'"
)
EDGE_POLICY = (
    "sandbox allow-forms allow-popups; default-src 'none'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; form-action 'self'"
)
ATTRIBUTE = re.compile(r"""\b(href|src|action)=(["'])(/[^"']*|https?://[^"']*)\2""", re.IGNORECASE)
REMOTE_PICTURE = re.compile(r"""(<img\b[^>]*?\s)src=(?=["']?https?:)""", re.IGNORECASE)
HEAD_TAG = re.compile(r"<head[^>]*>", re.IGNORECASE)


def message_html(message: bytes, *, as_recipient: bool) -> Response:
    """The HTML part; as a recipient its tracking URLs lead to the edge, else nothing is loaded at all."""
    part = parse(message).get_body(preferencelist=("html",))
    html = str(part.get_content()) if part is not None else ""
    if as_recipient:
        for url in sorted(read(message).everything, key=len, reverse=True):
            for written in {url, escape(url), url.replace("&", "&amp;")}:
                html = html.replace(written, through_edge(url))
        html = _open_in_new_tab(html)
    else:
        # The policy below refuses them; without an address the browser does not even try.
        html = REMOTE_PICTURE.sub(r"\1data-src=", html)
    policy = RECIPIENT_POLICY if as_recipient else LOOKING_POLICY
    return Response(body=html.encode("utf-8", "replace"), headers={"Content-Security-Policy": policy})


def through_edge(url: str) -> str:
    """Our address that asks the edge for that URL."""
    return f"/as-recipient?url={quote(url, safe='')}"


def edge_answer(url: str, answer: Answer) -> Response:
    """The edge's page or picture, its addresses led through us again; never run as ours."""
    kind = answer.headers.get("content-type", "application/octet-stream")
    body = answer.body
    if kind.startswith("text/html"):
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}"
        body = ATTRIBUTE.sub(lambda match: _led(base, match), body.decode("utf-8", "replace")).encode()
    headers = {"Content-Security-Policy": EDGE_POLICY}
    return Response(status=answer.status, content_type=kind, body=body, headers=headers)


def _led(base: str, match: "re.Match[str]") -> str:
    target = unescape(match[3])
    url = base + target if target.startswith("/") else target
    if not is_tracking(url):
        return match[0]
    return f'{match[1]}="{escape("/as-recipient?" + urlencode({"url": url}))}"'


def _open_in_new_tab(html: str) -> str:
    base = '<base target="_blank">'
    found = HEAD_TAG.search(html)
    return html[: found.end()] + base + html[found.end() :] if found else base + html
