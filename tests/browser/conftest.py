"""One browser and one running product for all tests of this folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections

from tests.browser import post, world
from tests.browser.chromium import chromium, find
from tests.browser.names import names
from tests.browser.servers import EDGE, WEB, granian, mailboxes
from tests.browser.site import Site, unsubscribe_link


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright keeps an event loop in this thread, where others start theirs."""
    items.sort(key=lambda item: "tests/browser/" in item.nodeid)


@pytest.fixture(scope="session")
def site(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Everything, started once; skips where there is no browser."""
    path = find()
    folder = tmp_path_factory.mktemp("browser")
    with django_db_blocker.unblock(), names(), granian(folder / "web.log", *WEB) as web:
        built = world.build()
        with granian(folder / "edge.log", *EDGE) as edge:
            post.deliver(folder / "mail", unsubscribe_link(built.recipient, edge))
            with mailboxes(folder / "mail", edge) as mail, chromium(path) as browser, _orm_beside_a_loop():
                yield Site(browser=browser, world=built, web_port=web, edge_port=edge, mailboxes_port=mail)


@pytest.fixture(autouse=True)
def _database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The servers are other processes: what the tests write is committed."""
    with django_db_blocker.unblock():
        yield


@contextmanager
def _orm_beside_a_loop() -> Iterator[None]:
    """Playwright's loop runs in this thread, and Django would refuse queries there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield
        # Beside a loop Django has connections of its own, which nobody else would close.
        connections.close_all()
