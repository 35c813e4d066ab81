"""Who is a member of what, asked before any tenant is known, through the exact resolvers of the database."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from accounts.models.membership import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person in one organization."""

    tenant_id: UUID
    tenant_number: int
    slug: str
    tenant_name: str
    time_zone: str
    user_id: int
    role: Role


_MEMBERSHIP = """
select tenant_id, tenant_number, slug, tenant_name, time_zone, user_id, role from resolve_membership(%s, %s)
"""
_MEMBERSHIPS = """
select tenant_id, tenant_number, slug, tenant_name, time_zone, user_id, role from memberships_of(%s)
order by tenant_name
"""


def find_member(slug: str, user_id: int) -> Member | None:
    """The membership of `user_id` in the organization `slug`; None for outsiders and for slugs that
    never existed."""
    found = _ask(_MEMBERSHIP, [slug, user_id])
    return found[0] if found else None


def memberships_of(user_id: int) -> list[Member]:
    """Every organization of a person, by name (the tenant switcher)."""
    return _ask(_MEMBERSHIPS, [user_id])


def _ask(sql: str, parameters: list[str | int]) -> list[Member]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    return [
        Member(
            tenant_id=row[0],
            tenant_number=row[1],
            slug=row[2],
            tenant_name=row[3],
            time_zone=row[4],
            user_id=row[5],
            role=Role(row[6]),
        )
        for row in rows
    ]
