"""A person at the dashboard: signs in by password, reads pages, sends forms with their CSRF token."""

import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any

from scripts.product_run.waiting import must

SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came back, after redirects."""

    status: int
    url: str
    text: str
    #: When the first answer was here: a form's, not that of the page to which it led.
    answered_at: float


class _FirstAnswer(urllib.request.HTTPRedirectHandler):
    """Follows redirects and remembers when the first one came."""

    at = 0.0

    def redirect_request(self, *arguments: Any) -> urllib.request.Request | None:
        """As its base does."""
        self.at = self.at or time.time()
        return super().redirect_request(*arguments)


class Dashboard:
    """One signed-in browser without its window; may be used by several threads."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url
        self._cookies = CookieJar()

    @classmethod
    def signed_in(cls, base_url: str, *, email: str, password: str) -> "Dashboard":
        """Signs in by the form; fails where the entrance shows itself again."""
        person = cls(base_url)
        person.get("/accounts/login/")
        page = person.post("/accounts/login/", login=email, password=password)
        must(page.status == 200, page)
        must("/accounts/login/" not in page.url, page.text)
        return person

    def get(self, path: str) -> Page:
        """A page in English."""
        return self._ask(urllib.request.Request(self._base + path))  # noqa: S310 - our own base

    def post(self, path: str, **fields: str | list[str]) -> Page:
        """A form of the page that was read before; a list is one field several times."""
        token = next(cookie.value for cookie in self._cookies if cookie.name == "csrftoken")
        form = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": token or ""}, doseq=True).encode()
        return self._ask(urllib.request.Request(self._base + path, data=form))  # noqa: S310 - our own base

    def _ask(self, request: urllib.request.Request) -> Page:
        request.add_header("Accept-Language", "en")
        first = _FirstAnswer()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies), first)
        try:
            answer = opener.open(request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            at = first.at or time.time()
            return Page(status=answer.status, url=answer.url, text=answer.read().decode(), answered_at=at)
