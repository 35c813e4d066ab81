"""What a real session leaves in its attempts' event records."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from psycopg import AsyncConnection

from accounts.models import Tenant
from accounts.models.tenant import new_id
from accounts.tenancy import tenant_scope
from delivery.engine import claim
from delivery.engine.config import EngineConfig
from delivery.engine.journal import Journal, read
from delivery.engine.takeback import settle_run
from delivery.engine.verdicts import Moment, of_outcome
from delivery.models import Domain, Lane, Provider, Site
from delivery.selectors.event_records import event_records
from relay_saas.mail.replies import Stage, parse_text
from relay_saas.mail.smtp.outcome import Kind, Outcome, Peer, Tls
from tests.integration.certificates import server_context
from tests.integration.scripted_server import ScriptedServer, Turn


def answered(host: str) -> Outcome:
    """A message that was taken over TLS."""
    return Outcome(
        kind=Kind.REPLY,
        stage=Stage.DOT,
        peer=Peer(host=host, address="127.20.9.1", port=25),
        reply=parse_text("250 2.0.0 OK"),
        tls=Tls(version="TLSv1.3", cipher="TLS_AES_128_GCM_SHA256"),
        timings=((Stage.MAIL, 1), (Stage.RCPT, 2), (Stage.DATA, 3), (Stage.DOT, 4)),
    )


def records(tenant: Tenant) -> dict[str, dict[str, Any]]:
    now, hour = timezone.now(), timedelta(hours=1)
    found = event_records(tenant_id=tenant.pk, start=now - hour, end=now + hour)
    return {record["recipient"].partition("@")[0]: record for record in found}


def test_attempts_over_tls_tell_the_address_the_cipher_the_size_and_each_phase(
    name: str, tenant: Tenant, launch: Callable[..., int], send: Callable[..., ScriptedServer], tmp_path: Path
) -> None:
    zone = {(name, "MX"): [f"10 mx.{name}."], (f"mx.{name}", "A"): ["127.0.0.1"]}
    launch([f"ann@{name}", f"bob@{name}", f"eve@{name}"])

    def eve_is_unknown(turn: Turn) -> bytes | None:
        unknown = turn.verb == "RCPT" and b"<eve@" in turn.line
        return b"550 5.1.1 no such user\r\n" if unknown else None

    server = send(zone, eve_is_unknown, server={"tls": server_context(tmp_path)})
    told = records(tenant)
    bodies = dict(server.messages)
    assert set(told) == {"ann", "bob", "eve"}
    for record in told.values():
        assert record["peer_address"] == {"name": f"mx.{name}", "addr": "127.0.0.1", "port": server.port}
        assert (record["tls"], record["tls_protocol_version"]) == (True, "TLSv1.3")
        assert record["tls_cipher"].startswith("TLS_")
        assert record["egress_pool"] == "shared"
        assert record["egress_source"] in {"mx1.relay.test", "mx2.relay.test"}
    for person in ("ann", "bob"):
        body = bodies[told[person]["sender"].partition("@")[0]]
        assert told[person]["size"] == len(body.replace(b"\r\n..", b"\r\n.")) - len(b".\r\n")
        assert set(told[person]["timings"]) == {"mail", "rcpt", "data", "dot"}
    assert told["eve"]["type"] == "Bounce"
    assert told["eve"]["size"] > 1000


def test_an_answer_that_only_the_journal_knows_is_told_as_whole(
    name: str, tenant: Tenant, launch: Callable[..., int], config: EngineConfig, tmp_path: Path
) -> None:
    """The lost answer of the same run has no journal entry but its dot: nothing is known of its session."""
    site = Site.objects.create(key=f"mx.{name}", provider=Provider.objects.get(pk=0))
    Domain.objects.create(name=name, site=site, state=Domain.State.OK)
    launch([f"ann@{name}", f"bob@{name}"])
    with tenant_scope(tenant.pk):
        lane_id = Lane.objects.get(site=site).pk
    run_id, now = new_id(), timezone.now()
    moment = Moment(now=now, random=0.5, timings=config.timings)

    async def die(connection: AsyncConnection) -> None:
        ann, bob = sorted(await claim.claim(connection, run_id, {lane_id: 10}), key=lambda job: job.rcpt)
        with Journal(tmp_path / "journal") as journal:
            for job in (ann, bob):
                await journal.about_to_send(job, dated_at=now.timestamp(), source_id=1)
            record = of_outcome(ann, answered(f"mx.{name}"), moment, source_id=1, dated_at=now, size=10_240)
            assert record is not None
            journal.answered(ann, record)

    async def run() -> None:
        async with await AsyncConnection.connect(config.database_url, autocommit=True) as connection:
            await die(connection)
            await settle_run(connection, config, run_id, 0, read(tmp_path / "journal"))

    asyncio.run(run())
    told = records(tenant)
    assert (told["ann"]["type"], told["ann"]["size"], told["ann"]["tls"]) == ("Delivery", 10_240, True)
    assert told["ann"]["peer_address"] == {"name": f"mx.{name}", "addr": "127.20.9.1", "port": 25}
    assert told["ann"]["tls_cipher"] == "TLS_AES_128_GCM_SHA256"
    assert told["ann"]["timings"] == {"mail": 1, "rcpt": 2, "data": 3, "dot": 4}
    assert (told["bob"]["type"], told["bob"]["size"], told["bob"]["peer_address"]) == ("InDoubt", None, None)
