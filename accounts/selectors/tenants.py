"""Finds an organization by its slug, before any tenant is known: commands name it so."""

from uuid import UUID

from django.db import connection

from relay_saas.web.errors import NotFound


def tenant_by_slug(slug: str) -> UUID:
    """The id of the organization; raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute("select resolve_tenant_slug(%s)", [slug])
        row = cursor.fetchone()
    if row is None or row[0] is None:
        raise NotFound
    tenant_id: UUID = row[0]
    return tenant_id
