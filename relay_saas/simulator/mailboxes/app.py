"""The routes of the mailbox pages."""

import re
from html import escape
from pathlib import Path

from relay_saas.simulator.edge import Answer, ask
from relay_saas.simulator.mailboxes.foreign import edge_answer, message_html
from relay_saas.simulator.mailboxes.index import MailIndex
from relay_saas.simulator.mailboxes.layout import View, notice, page
from relay_saas.simulator.mailboxes.lists import mailbox_page, mailboxes_page
from relay_saas.simulator.mailboxes.message import message_page
from relay_saas.simulator.mailboxes.texts import choose_language
from relay_saas.simulator.mailboxes.web import Request, Response
from relay_saas.simulator.recipients.reading import is_tracking

STYLE = Path(__file__).with_name("style.css")
MESSAGE = re.compile(r"/messages/(\d{1,6})/(\d{1,18})(/html)?")
READING = ("GET", "HEAD")
PASSED_ON = ("content-type", "accept-language", "user-agent", "accept")


class Pages:
    """Answers requests from the index and, as a recipient, from the edge."""

    def __init__(self, index: MailIndex, edge: tuple[str, int] | None) -> None:
        self._index = index
        self._edge = edge

    async def __call__(self, request: Request) -> Response:
        """The page that the request names."""
        language = choose_language(request.query.get("lang", ""), request.headers.get("accept-language", ""))
        view = View(request=request, language=language)
        if request.path == "/as-recipient":
            return await self._as_recipient(view)
        if request.method not in READING:
            return Response(status=405, content_type="text/plain", headers={"Allow": "GET, HEAD"})
        if request.path == "/style.css":
            return Response(content_type="text/css; charset=utf-8", body=STYLE.read_bytes())
        if request.path == "/favicon.ico":
            return Response(status=204, content_type="image/x-icon")
        self._index.refresh()
        return self._page(view)

    def _page(self, view: View) -> Response:
        path = view.request.path
        if path == "/":
            return mailboxes_page(view, self._index)
        if path.startswith("/mailboxes/"):
            return mailbox_page(view, self._index, path.removeprefix("/mailboxes/"))
        match = MESSAGE.fullmatch(path)
        entry = self._index.entry(int(match[1]), int(match[2])) if match else None
        if match is None or entry is None:
            return _problem(view, 404, "not_found", "not_found_hint")
        if match[3]:
            as_recipient = view.request.query.get("as") == "recipient" and self._edge is not None
            return message_html(self._index.content(entry), as_recipient=as_recipient)
        return message_page(view, self._index, entry, edge=self._edge is not None)

    async def _as_recipient(self, view: View) -> Response:
        """Ask the edge what the recipient asks for; the Host header is the URL's own."""
        request, url = view.request, view.request.query.get("url", "")
        if self._edge is None or not is_tracking(url) or request.method not in (*READING, "POST"):
            return _problem(view, 404, "not_found", "not_found_hint")
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        try:
            answer = await ask(self._edge, request.method, url, headers=headers, body=request.body)
        except (OSError, TimeoutError, ValueError):
            return _problem(view, 502, "edge_silent", "edge_silent_hint")
        target = answer.headers.get("location")
        if target and 300 <= answer.status < 400:
            return _redirect(view, target)
        if b"List-Unsubscribe=One-Click" in request.body:
            return _one_click_answer(view, answer)
        return edge_answer(url, answer)


def _problem(view: View, status: int, title: str, hint: str) -> Response:
    return page(view, view.text(title), notice(view.text(title), view.text(hint)), status=status)


def _redirect(view: View, target: str) -> Response:
    shown = escape(target)
    link = f'<a href="{shown}" rel="noreferrer">{shown}</a>' if _is_web(target) else shown
    body = f'<p>{view.text("redirect_hint")}</p><p class="address">{link}</p>'
    return page(view, view.text("redirect"), body)


def _one_click_answer(view: View, answer: Answer) -> Response:
    shown = escape(answer.body.decode("utf-8", "replace")[:2000])
    body = f"<p>{view.text('status', status=answer.status)}</p><pre>{shown}</pre>"
    return page(view, view.text("one_click_done"), body)


def _is_web(target: str) -> bool:
    return target.lower().startswith(("http://", "https://"))
