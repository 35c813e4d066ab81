"""A host with a broken extension is spoken to otherwise, and the next run knows."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from delivery.models import Attempt, AttemptState, HostTrait
from tests.integration.certificates import server_context
from tests.integration.scripted_server import Say, ScriptedServer, Turn


def test_a_host_with_broken_starttls_gets_its_mail_in_clear_and_the_next_run_asks_no_more(
    name: str, tenant: Tenant, launch: Callable[..., int], send: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    zone = {(name, "MX"): [f"10 mx.{name}."], (f"mx.{name}", "A"): ["127.0.0.1"]}

    def broken(turn: Turn) -> Say | None:
        return Say(b"220 2.0.0 ready\r\n", end="close") if turn.verb == "STARTTLS" else None

    tls = {"tls": server_context(tmp_path)}
    launch([f"ann@{name}"])
    first = send(zone, broken, server=tls)
    assert [b"STARTTLS" in seen.commands for seen in first.connections] == [True, False]
    trait = HostTrait.objects.get(host=f"mx.{name}")
    assert (trait.extension, trait.works) == (HostTrait.Extension.STARTTLS, False)
    assert timedelta(minutes=50) < trait.until - timezone.now() <= timedelta(hours=1)
    launch([f"bob@{name}"])
    second = send(zone, broken, server=tls)
    assert [b"STARTTLS" in seen.commands for seen in second.connections] == [False]
    with tenant_scope(tenant.pk):
        assert list(Attempt.objects.values_list("state", "tls")) == [(AttemptState.DELIVERED, False)] * 2
