"""A person at the dashboard: signs in by password, reads pages, sends forms with their CSRF token."""

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar

SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came back, after redirects."""

    status: int
    url: str
    text: str


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
        assert page.status == 200, page
        assert "/accounts/login/" not in page.url, page.text
        return person

    def get(self, path: str) -> Page:
        """A page in English."""
        return self._ask(urllib.request.Request(self._base + path))

    def post(self, path: str, **fields: str) -> Page:
        """A form of the page that was read before."""
        token = next(cookie.value for cookie in self._cookies if cookie.name == "csrftoken")
        form = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": token or ""}).encode()
        return self._ask(urllib.request.Request(self._base + path, data=form))

    def _ask(self, request: urllib.request.Request) -> Page:
        request.add_header("Accept-Language", "en")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                return Page(status=answer.status, url=answer.url, text=answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Page(status=error.code, url=error.url, text=error.read().decode())
