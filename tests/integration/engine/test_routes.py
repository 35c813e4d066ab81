"""From a domain to a server: what DNS says, and which host is tried next."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Suppression
from delivery.models import Attempt, AttemptState, Domain, Lane, QueueEntry
from tests.integration.scripted_server import Say, ScriptedServer, Turn


def attempts(tenant: Tenant) -> list[Attempt]:
    with tenant_scope(tenant.pk):
        return list(Attempt.objects.order_by("message_id", "number"))


def test_the_next_host_is_tried_where_the_first_takes_no_connection(
    name: str, tenant: Tenant, launch: Callable[..., int], send: Callable[..., ScriptedServer]
) -> None:
    launch([f"ann@{name}"])
    zone = {
        (name, "MX"): [f"10 mx1.{name}.", f"20 mx2.{name}."],
        (f"mx1.{name}", "A"): ["127.0.0.9"],
        (f"mx2.{name}", "A"): ["127.0.0.1"],
    }
    assert len(send(zone).messages) == 1
    [attempt] = attempts(tenant)
    assert (attempt.state, attempt.host, attempt.code) == (AttemptState.DELIVERED, f"mx2.{name}", 250)
    with tenant_scope(tenant.pk):
        assert Domain.objects.get(name=name).site.key == f"mx1.{name},mx2.{name}"


def test_no_other_host_is_tried_after_a_refusal(
    name: str, tenant: Tenant, launch: Callable[..., int], send: Callable[..., ScriptedServer]
) -> None:
    launch([f"ann@{name}"])
    zone = {
        (name, "MX"): [f"10 mx1.{name}.", f"20 mx2.{name}."],
        (f"mx1.{name}", "A"): ["127.0.0.1"],
        (f"mx2.{name}", "A"): ["127.0.0.1"],
    }

    def unknown(turn: Turn) -> bytes | None:
        return b"550 5.1.1 no such user\r\n" if turn.verb == "RCPT" else None

    server = send(zone, unknown)
    assert len(server.connections) == 1
    [attempt] = attempts(tenant)
    assert (attempt.state, attempt.category) == (AttemptState.BOUNCED, "recipient_unknown")
    with tenant_scope(tenant.pk):
        assert Suppression.objects.get().email_key == f"ann@{name}"


def test_a_null_mx_is_final_at_once(
    name: str, tenant: Tenant, launch: Callable[..., int], send: Callable[..., ScriptedServer]
) -> None:
    launch([f"ann@{name}", f"bob@{name}"])
    send({(name, "MX"): ["0 ."]})
    assert [(one.state, one.rule) for one in attempts(tenant)] == [(AttemptState.BOUNCED, "null_mx")] * 2


def test_a_name_that_does_not_exist_is_asked_for_twice(
    name: str, tenant: Tenant, launch: Callable[..., int], send: Callable[..., ScriptedServer]
) -> None:
    launch([f"ann@{name}"])
    send({})
    assert [one.state for one in attempts(tenant)] == [AttemptState.DEFERRED]
    long_ago = timezone.now() - timedelta(hours=2)
    Domain.objects.filter(name=name).update(nxdomain_since=long_ago)
    with tenant_scope(tenant.pk):
        QueueEntry.objects.update(next_attempt_at=long_ago)
    send({})
    assert [(one.state, one.rule) for one in attempts(tenant)] == [
        (AttemptState.DEFERRED, "nxdomain"),
        (AttemptState.BOUNCED, "nxdomain"),
    ]


def test_servers_on_private_addresses_are_refused_and_nobody_is_suppressed(
    name: str, tenant: Tenant, launch: Callable[..., int], send: Callable[..., ScriptedServer]
) -> None:
    launch([f"ann@{name}"])
    zone = {(name, "MX"): [f"10 mx.{name}."], (f"mx.{name}", "A"): ["127.0.0.1"]}
    server = send(zone, networks=())
    assert not server.connections
    assert [(one.state, one.rule) for one in attempts(tenant)] == [
        (AttemptState.FAILED, "address_not_allowed")
    ]
    with tenant_scope(tenant.pk):
        assert not Suppression.objects.exists()


def test_a_site_that_takes_no_connection_costs_one_attempt_and_the_others_wait(
    name: str, tenant: Tenant, launch: Callable[..., int], send: Callable[..., ScriptedServer]
) -> None:
    launch([f"p{number}@{name}" for number in range(20)])
    zone = {(name, "MX"): [f"10 mx.{name}."], (f"mx.{name}", "A"): ["127.0.0.9"]}
    send(zone)
    found = attempts(tenant)
    assert 1 <= len(found) <= 4
    assert {one.category for one in found} == {"network_temp"}
    with tenant_scope(tenant.pk):
        assert QueueEntry.objects.filter(run_id=None).count() == 20


def test_a_connection_lost_after_the_dot_is_in_doubt_and_never_repeated(
    name: str, tenant: Tenant, launch: Callable[..., int], send: Callable[..., ScriptedServer]
) -> None:
    launch([f"ann@{name}"])
    zone = {(name, "MX"): [f"10 mx.{name}."], (f"mx.{name}", "A"): ["127.0.0.1"]}
    server = send(zone, lambda turn: Say(end="close") if turn.verb == "DOT" else None)
    assert [one.state for one in attempts(tenant)] == [AttemptState.IN_DOUBT]
    assert len(server.connections) == 1


def test_a_greylisted_message_comes_back_from_the_same_address_with_the_same_identity(
    name: str, tenant: Tenant, launch: Callable[..., int], send: Callable[..., ScriptedServer]
) -> None:
    launch([f"ann@{name}"])
    zone = {(name, "MX"): [f"10 mx.{name}."], (f"mx.{name}", "A"): ["127.0.0.1"]}
    first = send(zone, lambda turn: b"451 4.7.1 Greylisted\r\n" if turn.verb == "DOT" else None)
    with tenant_scope(tenant.pk):
        entry = QueueEntry.objects.get()
        assert Lane.objects.get(pk=entry.lane_id).source_id is not None
        QueueEntry.objects.update(next_attempt_at=timezone.now())
    second = send(zone)
    assert first.connections[0].peer == second.connections[0].peer
    # A slow machine may fit one more refused attempt into the first run: the identity is the same over all.
    assert set(first.messages) == set(second.messages)
    *before, last = [one.state for one in attempts(tenant)]
    assert set(before) == {AttemptState.DEFERRED}
    assert last == AttemptState.DELIVERED
