"""API keys: shown once, recognised, ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.exceptions import BadApiKey
from accounts.models import ApiKey, AuditEvent, Tenant
from accounts.services.api_keys import authenticate, issue_key, revoke_key
from accounts.tenancy import tenant_scope

SCOPES = ["messages.send"]


def test_a_key_is_recognised_before_the_tenant_is_known(tenant: Tenant) -> None:
    key, secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=SCOPES, actor=SYSTEM)
    found = authenticate(secret)
    assert (found.tenant_id, found.key_id, found.scopes) == (tenant.pk, key.pk, frozenset(SCOPES))


def test_the_secret_is_stored_nowhere(tenant: Tenant) -> None:
    key, secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=SCOPES, actor=SYSTEM)
    with tenant_scope(tenant.pk):
        row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret not in str(row)
    assert secret.startswith(row["prefix"])
    assert len(secret.removeprefix(row["prefix"])) >= 43


@pytest.mark.parametrize(
    "wrong", ["", "rly_live_", "rly_live_00000000_" + "x" * 43, "x" * 300, "rly_live_é", "Bearer rly_live_1"]
)
def test_everything_else_is_refused_alike(tenant: Tenant, wrong: str) -> None:
    with pytest.raises(BadApiKey) as refused:
        authenticate(wrong)
    assert (refused.value.code, refused.value.status) == ("bad_api_key", 401)


def test_a_flipped_character_is_refused(tenant: Tenant) -> None:
    _key, secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=SCOPES, actor=SYSTEM)
    with pytest.raises(BadApiKey):
        authenticate(secret[:-1] + ("a" if secret[-1] != "a" else "b"))


def test_a_revoked_key_ends_at_once_and_twice_is_once(tenant: Tenant) -> None:
    key, secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=SCOPES, actor=SYSTEM)
    revoke_key(tenant_id=tenant.pk, key_id=key.pk, actor=SYSTEM)
    revoke_key(tenant_id=tenant.pk, key_id=key.pk, actor=SYSTEM)
    with pytest.raises(BadApiKey):
        authenticate(secret)
    with tenant_scope(tenant.pk):
        assert AuditEvent.objects.filter(verb="revoked").count() == 1


def test_an_expired_key_is_refused(tenant: Tenant) -> None:
    key, secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=SCOPES, actor=SYSTEM)
    with tenant_scope(tenant.pk):
        ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(BadApiKey):
        authenticate(secret)


def test_last_use_is_noted_at_most_once_a_minute(tenant: Tenant) -> None:
    key, secret = issue_key(tenant_id=tenant.pk, name="shop", scopes=SCOPES, actor=SYSTEM)
    authenticate(secret)
    with tenant_scope(tenant.pk):
        first = ApiKey.objects.get(pk=key.pk).last_used_at
    authenticate(secret)
    with tenant_scope(tenant.pk):
        assert ApiKey.objects.get(pk=key.pk).last_used_at == first is not None
