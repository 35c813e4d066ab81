"""`manage.py explain`: the whole story of a message, in words and as JSON."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import SendingDomain, Tenant
from campaigns.models import Suppression
from campaigns.services.suppression import suppress
from delivery.models import AttemptState, Scope, Transcript
from delivery.services.policy import suspend
from relay_saas.mail.ids import format_id
from tests.delivery.builders import make_domain
from tests.delivery.story import SLOW, accepted, deferred, site_of, tried
from tracking.models import Engagement


@pytest.fixture(autouse=True)
def _egress(settings: Any) -> None:
    settings.RELAY_EGRESS = ["shared:127.30.0.1:mx1.relay.test"]


@pytest.fixture
def domain(tenant: Tenant) -> SendingDomain:
    return make_domain(tenant.pk)


def explain(*arguments: str) -> str:
    out = StringIO()
    call_command("explain", *arguments, stdout=out)
    return out.getvalue()


def document(message_id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(explain(str(message_id), "--json"))
    return found


def test_a_delivered_message_is_told_from_acceptance_to_click(tenant: Tenant, domain: SendingDomain) -> None:
    message_id = accepted(tenant)
    deferred(tenant, message_id)
    tried(
        tenant, message_id, AttemptState.DELIVERED, code=250, stage="dot", reply="250 2.0.0 OK",
        host="mx.gmail.test", tls=True, timings=[1, 2, 3, 40], dated_at=timezone.now(),
    )  # fmt: skip
    Transcript.objects.create(tenant_id=tenant.pk, message_id=message_id, number=1, lines="-- mx\n<- 421 no")
    Engagement.objects.create(
        tenant_id=tenant.pk,
        message_id=message_id,
        id=uuid4(),
        kind="clicked",
        link_index=0,
        at=timezone.now(),
    )
    text = explain(format_id("msg", message_id))
    for part in (
        f"{format_id('msg', message_id)} ({message_id}) to taro@gmail.test: delivered",
        "accepted as em_",
        "signed for news.acme.test by r1 (rsa-sha256), e1 (ed25519-sha256)",
        "route gmail.test (DNS: ok) -> site mx.gmail.test -> provider gmail",
        "attempt 1 at",
        f"said {SLOW}",
        "class rate_limited, rule gmail_rate",
        "127.30.0.1 (mx1.relay.test, pool shared) -> mx.gmail.test [127.20.9.1]:25, TLSv1.3 TLS_AES_256_GCM",
        "10240 octets",
        "-> mx.gmail.test, TLS",
        "| <- 421 no",
        "said 250 2.0.0 OK",
        "mail 1 ms, rcpt 2 ms, data 3 ms, dot 40 ms",
        "clicked link 0 at",
    ):
        assert part in text
    assert "next attempt" not in text


def test_what_waits_says_for_what_and_until_when(tenant: Tenant, domain: SendingDomain) -> None:
    message_id = accepted(tenant)
    due = timezone.now() + timedelta(minutes=10)
    deferred(tenant, message_id, due)
    site = site_of()
    held = suspend(
        scope=Scope(provider_id=site.provider_id), reason="too fast", set_by="rule", rule="gmail_428",
        evidence=SLOW, until=due,
    )  # fmt: skip
    suspend(scope=Scope(tenant_id=uuid4()), reason="somebody else", set_by="rule")
    waits = document(message_id)["next_attempt"]
    assert waits["due_at"] == due.isoformat()
    assert [one["why"] for one in waits["waits_for"]] == ["suspended", "retry", "no_sender"]
    assert waits["waits_for"][0]["policy"]["id"] == held.pk
    assert waits["waits_for"][1]["detail"] == "rate_limited"
    text = explain(str(message_id))
    assert "sending there is suspended" in text
    assert f"because it said: {SLOW}" in text


def test_before_the_route_is_known_it_waits_for_that(tenant: Tenant, domain: SendingDomain) -> None:
    told = document(accepted(tenant, "a@new.test"))
    assert told["state"] == "queued"
    assert [one["why"] for one in told["next_attempt"]["waits_for"]] == ["route", "no_sender"]


def test_doubt_and_the_suppression_that_a_bounce_made_are_told(tenant: Tenant, domain: SendingDomain) -> None:
    message_id = accepted(tenant)
    tried(tenant, message_id, AttemptState.IN_DOUBT, stage="dot")
    tried(tenant, message_id, AttemptState.BOUNCED, stage="oob", code=550, category="recipient_unknown")
    suppress(
        tenant_id=tenant.pk, email_key="taro@gmail.test", scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.BOUNCED, message_id=message_id,
    )  # fmt: skip
    text = explain(str(message_id))
    assert "in doubt: the last byte was written" in text
    assert "for all: bounced, because of this message" in text


def test_an_address_is_asked_for_within_its_organization(tenant: Tenant, domain: SendingDomain) -> None:
    first, second = accepted(tenant), accepted(tenant)
    newest = explain("--rcpt", "TARO@gmail.test", "--tenant", "acme")
    assert str(second) in newest
    assert str(first) not in newest
    assert str(first) in explain("--rcpt", "taro@gmail.test", "--tenant", "acme", "--last", "2")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([str(uuid4())], 1),
        (["--rcpt", "nobody@gmail.test", "--tenant", "acme"], 1),
        (["--rcpt", "a@b.test", "--tenant", "nobody"], 1),
        (["em_00000000000000000000000000"], 2),
        (["nonsense"], 2),
        ([], 2),
        (["--rcpt", "a@b.test"], 2),
        (["--rcpt", "not an address", "--tenant", "acme"], 2),
    ],
)
def test_what_cannot_be_told_has_an_exit_code(tenant: Tenant, arguments: list[str], code: int) -> None:
    with pytest.raises(CommandError) as caught:
        explain(*arguments)
    assert caught.value.returncode == code
