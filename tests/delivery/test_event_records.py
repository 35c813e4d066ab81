"""One document per attempt: its fields, its order, its pages."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from delivery.models import Attempt, AttemptState
from delivery.selectors.attempts import attempts_between, attempts_of
from delivery.selectors.event_records import CLASSIFICATIONS, TYPES, event_records
from relay_saas.mail.bounces import Category
from relay_saas.mail.ids import format_id
from relay_saas.mail.tokens import Purpose, decode
from tests.delivery.story import SLOW, accepted, deferred, tried
from tests.integration.edge_client import keys

HOUR = timedelta(hours=1)


def records(tenant: Tenant, **window: datetime) -> list[dict]:
    now = timezone.now()
    return list(event_records(tenant_id=tenant.pk, **{"start": now - HOUR, "end": now + HOUR} | window))


def test_a_deferral_tells_who_said_what_and_when_it_goes_on(tenant: Tenant, domain: SendingDomain) -> None:
    message_id = accepted(tenant)
    attempt = deferred(tenant, message_id)
    [record] = records(tenant)
    assert record["type"] == "TransientFailure"
    assert record["response"] == {
        "code": 421,
        "enhanced_code": {"class": 4, "subject": 7, "detail": 28},
        "content": SLOW,
        "command": "mail",
    }
    assert (record["message"], record["attempt"]) == (format_id("msg", message_id), 1)
    assert (record["recipient"], record["site"], record["provider"]) == (
        "taro@gmail.test",
        "mx.gmail.test",
        "gmail",
    )
    assert (record["egress_pool"], record["egress_source"], record["source_address"]) == (
        "shared",
        "mx1.relay.test",
        "127.30.0.1",
    )
    assert (record["category"], record["rule"]) == ("rate_limited", "gmail_rate")
    assert (record["tenant"], record["campaign"], record["stream"]) == ("acme", None, "transactional")
    assert record["queue"] == ":acme@gmail.test"
    assert (record["tls"], record["in_doubt"]) == (True, False)
    assert record["peer_address"] == {"name": "mx.gmail.test", "addr": "127.20.9.1", "port": 25}
    assert (record["tls_protocol_version"], record["tls_cipher"]) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert record["size"] == 10_240
    assert record["timings"] == {"mail": 12, "rcpt": 7}
    assert attempt.next_attempt_at is not None
    assert record["next_attempt_time"] == attempt.next_attempt_at.isoformat()


def test_the_sender_is_the_return_path_that_leads_back_to_the_message(
    tenant: Tenant, domain: SendingDomain
) -> None:
    message_id = accepted(tenant)
    tried(tenant, message_id, AttemptState.DELIVERED)
    [record] = records(tenant)
    local, host = record["sender"].split("@")
    assert host == "rp.news.acme.test"
    assert decode(local, Purpose.RETURN_PATH, host, keys()).message == message_id


def test_what_was_lost_before_the_first_message_names_the_steps_of_the_session(
    tenant: Tenant, domain: SendingDomain
) -> None:
    message_id = accepted(tenant)
    deferred(tenant, message_id, stage="tls", code=None, enhanced="", timings=[5, 6, 7, 8])
    [record] = records(tenant)
    assert record["timings"] == {"connect": 5, "banner": 6, "ehlo": 7, "tls": 8}
    assert record["response"] is None


def test_doubt_and_a_late_bounce_have_names_of_their_own(tenant: Tenant, domain: SendingDomain) -> None:
    message_id = accepted(tenant)
    tried(tenant, message_id, AttemptState.IN_DOUBT, stage="dot")
    tried(tenant, message_id, AttemptState.BOUNCED, stage="oob", category="recipient_unknown", code=550)
    doubt, bounce = records(tenant)
    assert (doubt["type"], doubt["in_doubt"], doubt["bounce_classification"]) == ("InDoubt", True, None)
    assert (bounce["type"], bounce["bounce_classification"]) == ("OOB", "InvalidRecipient")
    assert bounce["num_attempts"] == 1


def test_every_state_has_a_type_and_every_class_a_word_of_the_field() -> None:
    assert set(TYPES) == set(AttemptState)
    assert set(Category) - set(CLASSIFICATIONS) == {Category.UNKNOWN}


def test_what_was_never_spoken_or_made_is_null(tenant: Tenant, domain: SendingDomain) -> None:
    tried(tenant, accepted(tenant), AttemptState.SUPPRESSED, category="suppressed")
    [record] = records(tenant)
    for field in ("size", "peer_address", "tls", "tls_protocol_version", "tls_cipher", "response"):
        assert record[field] is None
    deferred(tenant, accepted(tenant), endpoint_id=None)
    assert records(tenant)[1]["peer_address"] == {"name": "mx.gmail.test", "addr": None, "port": None}


def test_ids_stay_the_same_and_differ_between_attempts(tenant: Tenant, domain: SendingDomain) -> None:
    message_id = accepted(tenant)
    deferred(tenant, message_id)
    tried(tenant, message_id, AttemptState.DELIVERED)
    first, again = records(tenant), records(tenant)
    assert [record["id"] for record in first] == [record["id"] for record in again]
    assert len({record["id"] for record in first}) == 2
    assert all(record["id"].startswith("evt_") for record in first)


def test_pages_hold_every_attempt_once_and_in_order(tenant: Tenant, domain: SendingDomain) -> None:
    """Also those of one instant, which no page can hold at once."""
    start = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    spread = [timedelta(), timedelta(), timedelta(), timedelta(seconds=1), 5 * HOUR, 30 * HOUR, 30 * HOUR]
    for offset in spread:
        tried(tenant, accepted(tenant), AttemptState.DELIVERED, at=start + offset)
    pages = list(attempts_between(tenant_id=tenant.pk, start=start, end=start + 31 * HOUR, size=2))
    assert max(len(page) for page in pages) <= 2
    found = [row for page in pages for row in page]
    assert [row.at - start for row in found] == spread
    assert len({row.message_id for row in found}) == len(spread)


def test_the_first_instant_belongs_to_the_window_and_the_last_does_not(
    tenant: Tenant, domain: SendingDomain
) -> None:
    at = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    tried(tenant, accepted(tenant), AttemptState.DELIVERED, at=at)
    assert len(records(tenant, start=at, end=at + HOUR)) == 1
    assert records(tenant, start=at - HOUR, end=at) == []


def test_an_organization_gets_its_own_attempts_alone(tenant: Tenant, domain: SendingDomain) -> None:
    message_id = accepted(tenant)
    deferred(tenant, message_id)
    other = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    assert records(other) == []
    assert attempts_of(tenant_id=other.pk, message_id=message_id) == []


def test_the_command_writes_one_line_for_each(tenant: Tenant, domain: SendingDomain) -> None:
    deferred(tenant, accepted(tenant))
    tried(tenant, accepted(tenant, "花子@例え.test"), AttemptState.DELIVERED)
    out = StringIO()
    call_command("export_events", "--tenant=acme", "--from=2026-01-01", stdout=out)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(told) == 2
    with tenant_scope(tenant.pk):
        assert Attempt.objects.count() == 2
    with pytest.raises(CommandError, match="not_found"):
        call_command("export_events", "--tenant=nobody", "--from=2026-01-01", stdout=out)
    with pytest.raises(CommandError, match="later"):
        call_command("export_events", "--tenant=acme", "--from=2026-01-02", "--to=2026-01-01", stdout=out)
    with pytest.raises(CommandError, match="invalid"):
        call_command("export_events", "--tenant=acme", "--from=yesterday", stdout=out)
