"""The second net: the manager fails closed, and scopes nest only with themselves."""

from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.exceptions import ForeignTenantScope, NoTenantScope
from accounts.models import Membership
from accounts.tenancy import SYSTEM_TENANT_ID, current_tenant_id, reading_scope, system_scope, tenant_scope
from campaigns.models import ContactList


def _setting() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('app.tenant_id', true)")
        return cursor.fetchone()[0]


def test_a_query_outside_any_scope_raises() -> None:
    with pytest.raises(NoTenantScope):
        Membership.objects.all()
    with pytest.raises(NoTenantScope):
        ContactList.objects.filter(name="x").count()


def test_another_tenants_scope_cannot_be_opened_inside(acme: UUID, globex: UUID) -> None:
    with tenant_scope(acme), pytest.raises(ForeignTenantScope), tenant_scope(globex):
        raise AssertionError("never reached")


def test_the_same_tenant_may_nest_and_the_outer_scope_stays(acme: UUID) -> None:
    with tenant_scope(acme):
        with tenant_scope(acme):
            pass
        assert current_tenant_id() == acme
        assert _setting() == str(acme)


def test_reading_in_ones_own_scope_costs_no_query(acme: UUID) -> None:
    with tenant_scope(acme):
        with CaptureQueriesContext(connection) as captured, reading_scope(acme):
            assert current_tenant_id() == acme
        assert len(captured) == 0
        assert _setting() == str(acme)


def test_reading_outside_any_scope_opens_one(acme: UUID, globex: UUID) -> None:
    with reading_scope(acme):
        assert _setting() == str(acme)
        with pytest.raises(ForeignTenantScope), reading_scope(globex):
            raise AssertionError("never reached")
    with pytest.raises(NoTenantScope):
        current_tenant_id()


@pytest.mark.django_db
def test_the_scope_ends_with_its_block() -> None:
    with system_scope():
        assert current_tenant_id() == SYSTEM_TENANT_ID
    with pytest.raises(NoTenantScope):
        current_tenant_id()
    assert _setting() in {"", None}


def test_a_savepoint_does_not_leak_its_tenant(acme: UUID, globex: UUID) -> None:
    """SET LOCAL outlives a released savepoint; the scope gives the outer value back."""
    with transaction.atomic():
        with tenant_scope(acme):
            pass
        assert _setting() == ""
        with tenant_scope(globex):
            assert ContactList.objects.count() == 0


def test_an_error_inside_restores_the_scope_and_keeps_nothing(acme: UUID) -> None:
    with pytest.raises(ZeroDivisionError):
        _half_done(acme)
    with tenant_scope(acme):
        assert ContactList.objects.count() == 0


def _half_done(tenant_id: UUID) -> float:
    with tenant_scope(tenant_id):
        ContactList.objects.create(tenant_id=tenant_id, name="Half done")
        return 1 / 0
