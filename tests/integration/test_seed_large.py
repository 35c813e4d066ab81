"""The seed for large databases: its sums agree with its rows, and it refuses where mail could leave."""

from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.test import Client

from accounts.models import User
from accounts.selectors.membership import memberships_of
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign
from delivery.models import Attempt, AttemptState, Counter, Message, QueueEntry, Rollup
from tracking.models import EngagementCounter, EngagementRollup, Reaction
from tracking.selectors.totals import totals_of


@pytest.mark.parametrize("networks", [[], ["0.0.0.0/0"], ["127.0.0.0/8", "192.0.2.0/24"]])
def test_it_refuses_where_mail_could_leave_the_machine(
    committed: None, settings: Any, networks: list[str]
) -> None:
    settings.RELAY_DELIVERY_NETWORKS = [ip_network(one) for one in networks]
    with pytest.raises(CommandError, match="RELAY_DELIVERY_NETWORKS"):
        call_command("seed_large", slug="never", contacts=10, messages=10)
    assert not User.objects.filter(email="owner@never.test").exists()


def test_its_sums_agree_with_its_rows_and_its_pages_open(committed: None, settings: Any) -> None:
    settings.RELAY_DELIVERY_NETWORKS = [ip_network("127.20.0.0/16")]
    slug = f"large-{uuid4().hex[:8]}"
    call_command("seed_large", slug=slug, contacts=2000, messages=40_000, verbosity=0)
    tenant_id = memberships_of(User.objects.get(email=f"owner@{slug}.test").pk)[0].tenant_id
    with tenant_scope(tenant_id):
        assert Message.objects.count() == 40_000
        assert (QueueEntry.objects.count(), Counter.objects.aggregate(n=Sum("n"))["n"]) == (100, 39_900)
        assert Rollup.objects.aggregate(n=Sum("n"))["n"] == Attempt.objects.count()
        for sums in (EngagementRollup, EngagementCounter):
            assert sums.objects.aggregate(n=Sum("messages"))["n"] == Reaction.objects.count()
        newest = Campaign.objects.order_by("-id").first()
        assert newest is not None
        totals = totals_of(tenant_id=tenant_id, audiences={newest.pk: 2000})[newest.pk]
        assert (totals.waiting, totals.by_state[AttemptState.BOUNCED]) == (100, 20)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(User.objects.get(email=f"owner@{slug}.test"))
    for path in ("", f"campaigns/{newest.pk}/report/", f"campaigns/{newest.pk}/recipients/?state=clicked"):
        assert browser.get(f"/o/{slug}/{path}").status_code == 200
    with pytest.raises(CommandError, match="there already"):
        call_command("seed_large", slug=slug)
