"""After a large import the planner knows at once how many contacts there are."""

from django.db import connection

from accounts.models import Tenant
from campaigns.services.contact_statistics import LEAST, keep_contact_statistics
from tests.campaigns.kinds import Load


def estimate() -> float:
    with connection.cursor() as cursor:
        cursor.execute("select reltuples from pg_class where oid = 'campaigns_contact'::regclass")
        return float(cursor.fetchone()[0])


def test_many_changed_rows_are_counted_and_few_are_not(tenant: Tenant, load: Load) -> None:
    load("email\n" + "".join(f"person{number}@gmail.test\n" for number in range(300)))
    before = estimate()
    assert not keep_contact_statistics(LEAST - 1)
    assert estimate() == before
    assert keep_contact_statistics(LEAST)
    assert estimate() >= 300
