"""The third net: PostgreSQL itself refuses. First of all the tests prove who they are."""

import os
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from accounts.models import Membership, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import ContactList
from tests.tenancy import catalogue

_TENANT_TABLES = (
    "select c.relname from pg_class c join pg_policy p on p.polrelid = c.oid where p.polname = 'tenant'"
)


def _tenant_tables(connection: psycopg.Connection) -> list[str]:
    return [row[0] for row in connection.execute(_TENANT_TABLES).fetchall()]


def test_the_tests_are_the_application_and_no_superuser(raw: psycopg.Connection) -> None:
    row = raw.execute(
        "select current_user, rolsuper, rolbypassrls from pg_roles where rolname = current_user"
    ).fetchone()
    assert row == ("relay_app", False, False)


def test_the_application_owns_nothing(raw: psycopg.Connection) -> None:
    owned = raw.execute(
        "select relname from pg_class c join pg_roles r on r.oid = c.relowner where rolname = current_user"
    )
    assert owned.fetchall() == []


@pytest.mark.django_db
def test_every_table_is_under_a_forced_policy_or_listed_as_shared() -> None:
    assert catalogue.unprotected_tables() == []
    assert catalogue.vanished_names() == []


@pytest.mark.django_db
def test_no_partition_can_be_read_around_its_parent() -> None:
    assert catalogue.readable_partitions() == []


@pytest.mark.django_db
def test_every_unique_begins_with_the_tenant_or_is_listed() -> None:
    assert catalogue.uniques_across_tenants() == []


@pytest.mark.django_db
def test_every_function_that_passes_by_the_policies_is_listed() -> None:
    assert catalogue.unlisted_definers() == []


def test_without_a_scope_every_tenant_table_raises(acme: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TENANT_TABLES)
        tables = [row[0] for row in cursor.fetchall()]
    assert len(tables) > 25
    silent = [table for table in tables if not _refuses(table)]
    assert silent == []


def _refuses(table: str) -> bool:
    # A row must be looked at before a policy speaks, and most tables are empty here.
    question = f"select (select app_tenant()) from (select 1) one left join {table} t on true"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(question)
    except DatabaseError as error:
        return "no tenant scope" in str(error)
    return False


def test_a_used_connection_forgets_its_tenant(raw: psycopg.Connection, acme: UUID) -> None:
    with raw.transaction():
        raw.execute("select set_config('app.tenant_id', %s, true)", [str(uuid4())])
        raw.execute("select count(*) from accounts_tenant").fetchone()
    with pytest.raises(psycopg.errors.DatabaseError, match="no tenant scope"):
        raw.execute("select * from accounts_tenant").fetchall()


def test_a_tenant_sees_only_its_own_rows(acme: UUID, globex: UUID) -> None:
    with tenant_scope(acme):
        ContactList.objects.create(tenant_id=acme, name="News")
    with tenant_scope(globex):
        assert list(ContactList.objects.all()) == []
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from campaigns_contactlist")
            assert cursor.fetchone() == (0,)
            cursor.execute("select array_agg(id) from accounts_tenant")
            assert cursor.fetchone() == ([globex],)


def test_a_row_cannot_be_written_for_another_tenant(acme: UUID, globex: UUID) -> None:
    with pytest.raises(Exception, match="row-level security"), tenant_scope(globex):
        ContactList.objects.create(tenant_id=acme, name="Smuggled")


def test_a_row_cannot_be_moved_to_another_tenant(acme: UUID, globex: UUID) -> None:
    with tenant_scope(acme):
        ContactList.objects.create(tenant_id=acme, name="News")
    with pytest.raises(Exception, match="row-level security"), tenant_scope(acme):
        ContactList.objects.update(tenant_id=globex)


def test_disabling_one_policy_is_noticed(acme: UUID) -> None:
    """The meta-test of this file: with the net off, the reader of the catalogue names the table."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("alter table campaigns_contactlist no force row level security")
        owner.execute("drop policy tenant on campaigns_suppression")
        owner.execute("create table campaigns_forgotten (id int, tenant_id uuid)")
        rows = owner.execute(catalogue._TABLES).fetchall()
        owner.rollback()
    wrong = {
        name
        for name, enabled, forced, part, policy, has in rows
        if has and not part and not (enabled and forced and policy)
    }
    assert wrong == {"campaigns_contactlist", "campaigns_suppression", "campaigns_forgotten"}


@pytest.mark.parametrize("table", ["accounts_auditevent"])
def test_the_audit_trail_cannot_be_changed(raw: psycopg.Connection, acme: UUID, table: str) -> None:
    raw.execute("select set_config('app.tenant_id', %s, true)", [str(acme)])
    for statement in ("update {} set verb = 'forged'", "delete from {}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), raw.transaction():
            raw.execute(sql.SQL(statement).format(sql.Identifier(table)))


def test_the_owner_cannot_change_the_audit_trail_either(acme: UUID) -> None:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        with pytest.raises(psycopg.DatabaseError, match="append-only"):
            owner.execute("delete from accounts_auditevent")
        owner.rollback()


def test_a_resolver_answers_one_exact_question(acme: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select * from resolve_membership('acme', 1)")
        assert cursor.fetchall() == []
    with tenant_scope(acme):
        assert Tenant.objects.get().slug == "acme"
        assert list(Membership.objects.all()) == []
