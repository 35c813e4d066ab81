"""Keyset pagination over real rows."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from accounts.audit import SYSTEM
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import ContactList
from relay_saas.web.paging import BadCursor, Cursor, Page, encode, page_of

pytestmark = pytest.mark.django_db
ORDER = ("-created_at", "-id")


@pytest.fixture
def tenant() -> Iterator[UUID]:
    """An organization with seven lists, made in pairs at the same moment."""
    made = create_tenant(slug="acme", name="Acme", actor=SYSTEM).pk
    with tenant_scope(made):
        for number in range(7):
            one = ContactList.objects.create(tenant_id=made, name=f"list {number}")
            moment = f"2026-11-24T0{number // 2}:00:00.000001+00:00"
            ContactList.objects.filter(pk=one.pk).update(created_at=moment)
        yield made


def page(cursor: str | None, order: tuple[str, ...] = ORDER) -> Page[ContactList]:
    return page_of(ContactList.objects.all(), order=order, cursor=cursor, size=3)


def names(one: Page[ContactList]) -> list[str]:
    return [row.name for row in one.items]


def test_going_forward_shows_every_row_once_also_where_the_first_column_repeats(tenant: UUID) -> None:
    seen, cursor = [], None
    for _ in range(3):
        one = page(cursor)
        seen += names(one)
        cursor = one.next_cursor
    assert seen == [f"list {number}" for number in reversed(range(7))]
    assert cursor is None


def test_going_back_shows_the_page_that_was_there(tenant: UUID) -> None:
    first = page(None)
    second = page(first.next_cursor)
    back = page(second.previous_cursor)
    assert names(back) == names(first)
    assert first.previous_cursor is None
    assert back.previous_cursor is None
    assert back.next_cursor is not None


def test_ascending_order_works_alike(tenant: UUID) -> None:
    first = page(None, ("created_at", "id"))
    assert names(first) == ["list 0", "list 1", "list 2"]
    assert names(page(first.next_cursor, ("created_at", "id"))) == ["list 3", "list 4", "list 5"]


def test_rows_that_arrive_meanwhile_do_not_shift_the_next_page(tenant: UUID) -> None:
    first = page(None)
    ContactList.objects.create(tenant_id=tenant, name="newest")
    assert names(page(first.next_cursor)) == ["list 3", "list 2", "list 1"]


def test_an_empty_list_is_a_page_without_neighbours(tenant: UUID) -> None:
    ContactList.objects.all().delete()
    assert page(None) == Page(items=(), next_cursor=None, previous_cursor=None)


@pytest.mark.parametrize(
    "key", [("yesterday", 1), ("2026-13-45T00:00:00Z", 1), ("2026-11-24T00:00:00Z", "x")]
)
def test_a_cursor_whose_values_fit_no_column_is_refused(tenant: UUID, key: tuple[str | int, ...]) -> None:
    with pytest.raises(BadCursor):
        page(encode(Cursor(way="next", key=key)))
