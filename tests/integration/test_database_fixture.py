"""The tests' own database: made by the owner, used as the role that the product runs as."""

import os

import pytest
from django.conf import settings
from django.db import connection

from tests import database


@pytest.mark.django_db
def test_tests_run_as_relay_app_which_is_no_superuser_and_passes_no_policy() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select rolname, rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == ("relay_app", False, False)
        cursor.execute("select count(*) from pg_class where pg_get_userbyid(relowner) = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_settings_name_the_database_that_the_tests_use() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_database()")
        assert cursor.fetchone() == (settings.DATABASES["default"]["NAME"],)
    assert os.environ["DATABASE_URL"] == settings.DATABASE_URL


@pytest.mark.django_db
def test_the_months_of_the_ledger_are_there() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_inherits where inhparent = 'delivery_message'::regclass")
        found = cursor.fetchone()
    assert found is not None
    assert found[0] >= 5


def test_the_template_is_named_after_what_shapes_it() -> None:
    assert database.template_name() == database.template_name()
    assert database.template_name().startswith("tpl_")


def test_a_url_is_pointed_at_another_database_and_keeps_role_and_socket() -> None:
    url = "postgresql://relay_app@/relay?host=/data/sock"
    assert database.at(url, "test_gw1") == "postgresql://relay_app@/test_gw1?host=/data/sock"
