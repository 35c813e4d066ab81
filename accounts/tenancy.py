"""Tenant scope: which tenant's rows this code may touch, for managers and PostgreSQL's policies alike.

The first net is the explicit tenant argument of services, the second is the manager that fails closed here,
the third is row-level security (accounts/rls.py). docs/adr/0003-tenancy.md says why there are three.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar
from uuid import UUID

from django.db import connection, models, transaction

from accounts.exceptions import ForeignTenantScope, NoTenantScope
from accounts.statements import ask

#: The tenant that the installation's own mail (invitations, resets) belongs to; made by the first migration.
SYSTEM_TENANT_ID = UUID("00000000-0000-7000-8000-000000000001")

Row = TypeVar("Row", bound=models.Model)

_active: ContextVar[UUID | None] = ContextVar("tenant", default=None)


def current_tenant_id() -> UUID:
    """The tenant in scope; raises NoTenantScope where there is none."""
    tenant_id = _active.get()
    if tenant_id is None:
        raise NoTenantScope
    return tenant_id


def _tell_database(tenant_id: UUID | None) -> None:
    ask("select set_config('app.tenant_id', %s, true)", [str(tenant_id or "")])


@contextmanager
def tenant_scope(tenant_id: UUID) -> Iterator[None]:
    """Opens a transaction (a savepoint inside one) in which only this tenant's rows can be seen or written.

    Raises ForeignTenantScope inside another tenant's scope; the same tenant may nest.
    """
    outer = _active.get()
    if outer is not None and outer != tenant_id:
        raise ForeignTenantScope
    # Nested in its own scope the database knows already; another thread's connection is in no transaction.
    told = outer == tenant_id and connection.in_atomic_block
    with transaction.atomic():
        if not told:
            _tell_database(tenant_id)
        token = _active.set(tenant_id)
        try:
            yield
        finally:
            _active.reset(token)
        # SET LOCAL outlives a released savepoint: give the outer scope its value back. A rollback does it
        # by itself.
        if not told and connection.savepoint_ids and not connection.needs_rollback:
            _tell_database(outer)


@contextmanager
def reading_scope(tenant_id: UUID) -> Iterator[None]:
    """`tenant_scope` for code that only reads: nested in its own scope it needs no savepoint."""
    if _active.get() == tenant_id and connection.in_atomic_block:
        yield
    else:
        with tenant_scope(tenant_id):
            yield


@contextmanager
def system_scope() -> Iterator[None]:
    """The scope of the system tenant: mail of the installation itself. A visible word, easy to search for."""
    with tenant_scope(SYSTEM_TENANT_ID):
        yield


class TenantManager(models.Manager[Row]):
    """Fails closed: outside a scope there is no query set at all."""

    def get_queryset(self) -> models.QuerySet[Row]:
        return super().get_queryset().filter(tenant_id=current_tenant_id())


class TenantOwned(models.Model):
    """A row that belongs to one tenant; its table is under a policy (a test reads the catalogue)."""

    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.PROTECT, db_index=False, related_name="+")

    objects = TenantManager()

    class Meta:
        abstract = True
