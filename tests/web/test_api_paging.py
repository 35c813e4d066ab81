"""Pages of the API over real rows: cursors that say nothing and cannot be made up."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.http import QueryDict

from accounts.audit import SYSTEM
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import ContactList
from relay_saas.web.api_paging import list_page, open_cursor, seal_cursor
from relay_saas.web.api_query import BadParameter, read_time, refuse_unknown
from relay_saas.web.paging import BadCursor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tenant() -> Iterator[UUID]:
    """An organization with seven lists."""
    made = create_tenant(slug="acme", name="Acme", actor=SYSTEM).pk
    with tenant_scope(made):
        for number in range(7):
            ContactList.objects.create(tenant_id=made, name=f"list {number}")
        yield made


def page(query: str) -> dict[str, Any]:
    return list_page(
        ContactList.objects.all(),
        name="lists",
        order=("-id",),
        query=QueryDict(query),
        document=lambda row: row.name,
    )


def test_following_next_shows_every_row_once() -> None:
    seen: list[str] = []
    answer = page("limit=3")
    while answer["next"]:
        seen += answer["data"]
        answer = page(f"limit=3&after={answer['next']}")
    assert seen + answer["data"] == [f"list {number}" for number in reversed(range(7))]


def test_a_limit_beyond_the_most_is_capped_and_nonsense_is_refused() -> None:
    assert len(page("limit=1000000")["data"]) == 7
    for limit in ("0", "-1", "x", "", "1e3", "٣", "99999999999999999999"):
        with pytest.raises(BadParameter):
            page(f"limit={limit}")


def test_a_cursor_shows_no_number_and_belongs_to_one_list() -> None:
    cursor = page("limit=1")["next"]
    last = ContactList.objects.order_by("-pk")[0].pk
    assert str(last).encode() not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert open_cursor("lists", cursor)
    for name, text in (
        ("contacts", cursor),
        ("lists", cursor[:-2] + "AA"),
        ("lists", ""),
        ("lists", "x" * 5000),
    ):
        with pytest.raises(BadCursor):
            open_cursor(name, text)


def test_a_cursor_that_was_sealed_for_other_columns_is_refused() -> None:
    with pytest.raises(BadCursor):
        page(f"after={seal_cursor('lists', 'bm9uc2Vuc2U')}")


@pytest.mark.parametrize("query", ["limt=3", "limit=1&limit=2", "after=%00", f"after={'x' * 2000}"])
def test_what_a_list_does_not_take_is_refused_and_not_ignored(query: str) -> None:
    with pytest.raises(BadParameter):
        refuse_unknown(QueryDict(query), {"limit", "after"})


@pytest.mark.parametrize(
    "text", ["2026-01-01", "2026-01-01T00:00:00", "x", "9999-99-99T0Z", "0000-01-01T00:00:60Z"]
)
def test_a_moment_needs_its_zone(text: str) -> None:
    with pytest.raises(BadParameter):
        read_time(QueryDict(f"since={text}"), "since")
    assert read_time(QueryDict("since=2026-01-01T09:00:00%2B09:00"), "since") is not None


@pytest.mark.parametrize(("text", "year"), [("0001-01-01T00:00:00Z", 1970), ("9999-12-31T23:59:59Z", 2999)])
def test_the_ends_of_the_calendar_are_before_and_behind_everything(text: str, year: int) -> None:
    found = read_time(QueryDict(f"since={text}"), "since")
    assert found is not None
    assert found.year == year
