"""What API keys are limited to: networks, domains, a rate; test keys."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.exceptions import BadApiKey, BadKeySettings, SenderNotAllowed
from accounts.models import ApiKey, SendingDomain, Tenant
from accounts.models.api_key import KeyScope
from accounts.services import rate_limit
from accounts.services.api_keys import authenticate, issue_key, rotate_key
from accounts.services.key_limits import KeyLimits
from accounts.tenancy import tenant_scope


def key_with(tenant: Tenant, **limits: object) -> tuple[ApiKey, str]:
    return issue_key(
        tenant_id=tenant.pk,
        name="shop",
        scopes=["messages.send"],
        actor=SYSTEM,
        limits=KeyLimits(**limits),  # type: ignore[arg-type]
    )


def test_a_key_works_from_its_networks_only(tenant: Tenant) -> None:
    secret = key_with(tenant, networks=["203.0.113.0/24", "2001:db8::1"])[1]
    for peer in ("203.0.113.7", "::ffff:203.0.113.7", "2001:db8::1"):
        assert authenticate(secret, peer=peer).name == "shop"
    for peer in ("203.0.114.7", "2001:db8::2", "", "unix"):
        with pytest.raises(BadApiKey) as refused:
            authenticate(secret, peer=peer)
        assert refused.value.code == "bad_api_key"


def test_a_key_sends_from_its_domains_only(tenant: Tenant) -> None:
    with tenant_scope(tenant.pk):
        SendingDomain.objects.create(tenant_id=tenant.pk, name="news.acme.test", label="l")
    key = authenticate(key_with(tenant, domains=["News.acme.test "])[1])
    key.check_sender("news.acme.test")
    with pytest.raises(SenderNotAllowed):
        key.check_sender("other.acme.test")
    authenticate(key_with(tenant)[1]).check_sender("any.test")


def test_limits_that_mean_nothing_are_named(tenant: Tenant) -> None:
    with pytest.raises(BadKeySettings) as refused:
        key_with(tenant, domains=["strange.test"], networks=["10.0.0.1", "10.0.0.1/8"], rate=0)
    assert [(one.pointer, one.code) for one in refused.value.errors] == [
        ("/domains/0", "domain_unknown"),
        ("/networks/1", "bad_network"),
        ("/rate", "bad_limit"),
    ]


def test_a_successor_has_the_same_limits_and_the_overlap_is_chosen(tenant: Tenant) -> None:
    old, _ = key_with(tenant, test=True, networks=["10.0.0.0/8"], rate=5)
    new, secret = rotate_key(tenant_id=tenant.pk, key_id=old.pk, actor=SYSTEM, overlap=timedelta(hours=1))
    assert secret.startswith("rly_test_")
    assert (new.test, new.networks, new.rate) == (True, ["10.0.0.0/8"], 5)
    with tenant_scope(tenant.pk):
        end = ApiKey.objects.get(pk=old.pk).expires_at
    assert end is not None
    assert timedelta(minutes=59) < end - timezone.now() <= timedelta(hours=1)


def test_scopes_are_words_in_pairs() -> None:
    assert all(scope.value.count(".") == 1 for scope in KeyScope)
    assert len(KeyScope) == 30


def test_a_bucket_holds_two_seconds_of_requests(tenant: Tenant) -> None:
    taken = [rate_limit.take(tenant_id=tenant.pk, key_id=1, rate=1) for _ in range(4)]
    assert all(one is not None for one in taken)
    found = [one for one in taken if one is not None]
    assert [one.allowed for one in found] == [True, True, False, False]
    assert found[0].headers() == {"RateLimit-Policy": '"key";q=2;w=2', "RateLimit": '"key";r=1;t=1'}
    assert found[2].headers()["Retry-After"] == "1"
    other = rate_limit.take(tenant_id=tenant.pk, key_id=2, rate=1)
    assert other is not None
    assert other.allowed


def test_without_valkey_nobody_is_held_up(tenant: Tenant, settings, monkeypatch, caplog) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    rate_limit._script.cache_clear()
    monkeypatch.setattr(rate_limit._Shut, "until", 0.0)
    try:
        assert rate_limit.take(tenant_id=tenant.pk, key_id=1, rate=1) is None
        assert rate_limit.take(tenant_id=tenant.pk, key_id=1, rate=1) is None
    finally:
        rate_limit._script.cache_clear()
    assert len([record for record in caplog.records if "not limited" in record.message]) == 1
