"""The operators' commands of sending: what they print is what holds."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Tenant
from delivery.models import PolicyAction, PolicyState, Provider
from delivery.models.stream import Stream
from delivery.services.policy import active


def said(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_provider_is_suspended_for_a_tenants_marketing_and_lifted(tenant: Tenant) -> None:
    Provider.objects.create(id=77, name="Examplemail")
    scope = ["--provider", "Examplemail", "--tenant", tenant.slug, "--stream", "marketing"]
    line = said("policy", "suspend", *scope, "--reason", "blocked there", "--until", "2h")
    row = active().get()
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
