"""The operators' commands of sending: what they print is what holds."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Tenant
from accounts.services.dns_records import host_records
from delivery.models import EgressPool, PolicyAction, PolicyState, Provider, ShapingOverride
from delivery.models.stream import Stream
from delivery.selectors.policies import active_policies
from delivery.services.sources import default_pool_id, pool_id_for, sync_sources


def said(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_provider_is_suspended_for_a_tenants_marketing_and_lifted(tenant: Tenant) -> None:
    Provider.objects.create(id=77, name="Examplemail")
    scope = ["--provider", "Examplemail", "--tenant", tenant.slug, "--stream", "marketing"]
    line = said("policy", "suspend", *scope, "--reason", "blocked there", "--until", "2h")
    row = active_policies().get()
    assert (row.provider_id, row.tenant_id, row.stream) == (77, tenant.pk, Stream.MARKETING)
    assert line == said("policy", "list")
    assert "provider=Examplemail" in line
    assert "blocked there" in line
    assert said("policy", "lift", str(row.pk)) == "lifted\n"
    assert said("policy", "list") == ""
    assert "by operator" in said("policy", "list", "--all")


@pytest.mark.django_db
def test_without_a_scope_everything_stops_until_it_is_lifted() -> None:
    assert "everything until lifted" in said("policy", "suspend", "--reason", "red switch")
    assert PolicyState.objects.get().scope.parts() == {}


@pytest.mark.django_db
def test_a_limit_has_a_number() -> None:
    said("policy", "limit", "rate_per_minute", "30", "--reason", "slowly", "--until", "2026-12-01T00:00")
    row = PolicyState.objects.get()
    assert (row.action, row.value) == (PolicyAction.RATE_PER_MINUTE, 30)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        ["--provider", "Nobody"],
        ["--domain", "news.acme.test"],
        ["--until", "tomorrow"],
    ],
)
def test_a_name_that_nobody_has_stops_the_command(words: list[str]) -> None:
    with pytest.raises(CommandError):
        said("policy", "suspend", "--reason", "x", *words)
    assert not PolicyState.objects.exists()


@pytest.mark.django_db
def test_a_limit_is_replaced_for_one_provider_and_comes_back() -> None:
    provider = Provider.objects.create(id=77, name="Examplemail")
    line = said("shaping", "set", "max_connections", "200", "--provider", "Examplemail", "--reason", "agreed")
    assert "override max_connections=200 provider=Examplemail set by operator: agreed" in line
    assert ShapingOverride.objects.get().provider_id == provider.pk
    shown = said("shaping", "show")
    assert line in shown
    assert "docomo: max_connections=5 start_connections=5 max_messages_per_connection=50" in shown
    assert said("shaping", "unset", "max_connections", "--provider", "Examplemail") == "unset\n"
    assert "nothing was set" in said("shaping", "unset", "max_connections", "--provider", "Examplemail")


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [("max_connections", "0", "bad_value"), ("tls", "sometimes", "bad_value"), ("tls", "required", "not_of")],
)
def test_a_limit_that_makes_no_sense_is_refused(tenant: Tenant, setting: str, value: str, code: str) -> None:
    whose = ["--tenant", tenant.slug] if code == "not_of" else []
    with pytest.raises(CommandError, match=code):
        said("shaping", "set", setting, value, *whose)


def test_a_tenants_stream_leaves_from_the_pool_that_was_assigned(tenant: Tenant) -> None:
    said("egress", "set", "127.30.0.9", "--pool", "own", "--host", "mx9", "--helo", "mx9.relay.test")
    said("egress", "assign", "own", "--tenant", tenant.slug, "--stream", "marketing")
    own = EgressPool.objects.get(name="own").pk
    shared = default_pool_id()
    assert pool_id_for(tenant_id=tenant.pk, stream=Stream.MARKETING) == own
    assert pool_id_for(tenant_id=tenant.pk, stream=Stream.TRANSACTIONAL) == shared
    assert "stream=marketing leaves from pool=own" in said("egress", "list")
    said("egress", "unassign", "--tenant", tenant.slug, "--stream", "marketing")
    assert pool_id_for(tenant_id=tenant.pk, stream=Stream.MARKETING) == shared


@pytest.mark.django_db
def test_spf_names_every_address_once_whoever_set_it() -> None:
    sync_sources()
    said("egress", "set", "2001:db8::9", "--pool", "own", "--host", "mx9", "--helo", "mx9.relay.test")
    said("egress", "set", "127.30.0.8", "--pool", "own", "--host", "mx9", "--helo", "mx.elsewhere.test")
    found = {(record.name, record.type): record.value for record in host_records()}
    assert found["_spf.relay.test", "TXT"] == (
        "v=spf1 ip4:127.30.0.1 ip4:127.30.0.2 ip6:2001:db8::9 ip4:127.30.0.8 -all"
    )
    assert found["mx9.relay.test", "AAAA"] == "2001:db8::9"
    assert found["mx1.relay.test", "A"] == "127.30.0.1"
    # Another zone's names are not ours to publish.
    assert not [name for name, _ in found if "elsewhere" in name]


def test_the_closest_assignment_counts(tenant: Tenant) -> None:
    for number, pool in enumerate(["of-stream", "of-tenant"], start=8):
        address = f"127.30.0.{number}"
        said("egress", "set", address, "--pool", pool, "--host", "mx9", "--helo", "mx9.relay.test")
    said("egress", "assign", "of-stream", "--stream", "system")
    assert (
        EgressPool.objects.get(pk=pool_id_for(tenant_id=tenant.pk, stream=Stream.SYSTEM)).name == "of-stream"
    )
    said("egress", "assign", "of-tenant", "--tenant", tenant.slug)
    assert (
        EgressPool.objects.get(pk=pool_id_for(tenant_id=tenant.pk, stream=Stream.SYSTEM)).name == "of-tenant"
    )


@pytest.mark.django_db
def test_an_address_of_the_settings_is_changed_there() -> None:
    sync_sources()
    with pytest.raises(CommandError, match="in_settings"):
        said("egress", "set", "127.30.0.1", "--pool", "own", "--host", "mx9", "--helo", "mx9.relay.test")


@pytest.mark.django_db
def test_an_address_is_warmed_up_from_today_on() -> None:
    sync_sources()
    assert ": 50,100,200 taken nothing" in said("egress", "warm", "127.30.0.1", "--steps", "50,100,200")
    assert "warm-up" not in said("egress", "cool", "127.30.0.1")
    with pytest.raises(CommandError, match="steps"):
        said("egress", "warm", "127.30.0.1", "--steps", "many")
