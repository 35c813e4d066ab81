"""Submissions: one request becomes messages, queue entries and lanes, or nothing at all."""

from collections import Counter as Tally
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.exceptions import DomainNotVerified, DomainOfAnotherStream
from accounts.models import SendingDomain, Tenant
from accounts.services.stream_domains import set_stream_domain
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Content, Suppression
from campaigns.services.suppression import suppress
from delivery.events import mail_accepted
from delivery.exceptions import BadSubmission, NoEgress
from delivery.models import Attempt, AttemptState, Counter, Domain, Lane, Message, QueueEntry, Submission
from delivery.models.stream import Stream
from delivery.services.submission import Accepted, submit
from delivery.services.submission_spec import AttachedFile, Mailbox, SubmissionSpec
from delivery.services.timings import longest_wait
from tests.delivery.builders import make_domain

SPEC = SubmissionSpec(
    from_=Mailbox(address="shop@news.acme.test", name="Acme"),
    to=(Mailbox(address="taro@gmail.test", name="山田太郎"),),
    subject="Order 17",
    text="Thank you",
    html="<p>Thank you</p>",
)


def accept(tenant: Tenant, **changes: Any) -> Accepted:
    return submit(tenant_id=tenant.pk, spec=replace(SPEC, **changes))


def test_a_sender_without_a_domain_sends_from_the_streams_own(tenant: Tenant, domain: SendingDomain) -> None:
    mail = make_domain(tenant.pk, "mail.acme.test")
    for stream, own in ((Stream.MARKETING, domain), (Stream.TRANSACTIONAL, mail)):
        set_stream_domain(tenant_id=tenant.pk, stream=stream, domain_id=own.pk, actor=SYSTEM)
    for stream, own in ((Stream.MARKETING, domain), (Stream.TRANSACTIONAL, mail)):
        accepted = accept(tenant, from_=Mailbox(address="hello"), stream=stream)
        with tenant_scope(tenant.pk):
            content = Content.objects.get(pk=accepted.submission.content_id)
        assert (content.from_address, content.sending_domain_id) == (f"hello@{own.name}", own.pk)


def announced(act: Callable[[], Any], commits: Callable[..., Any]) -> list[Collection[int]]:
    """For which pools the bell would ring once it has been committed."""
    heard: list[Collection[int]] = []

    def hear(*, pools: Collection[int], **_: Any) -> None:
        heard.append(pools)

    mail_accepted.connect(hear)
    try:
        with commits(execute=True):
            act()
    finally:
        mail_accepted.disconnect(hear)
    return heard


def test_mail_that_may_go_now_is_announced_once_it_is_committed(
    tenant: Tenant, domain: SendingDomain, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    two = (Mailbox(address="a@gmail.test"), Mailbox(address="b@acme.test"))
    (pools,) = announced(lambda: accept(tenant, to=two), django_capture_on_commit_callbacks)
    with tenant_scope(tenant.pk):
        assert set(Lane.objects.values_list("pool_id", flat=True)) == set(pools)


def test_mail_of_a_later_time_and_mail_to_nobody_are_not_announced(
    tenant: Tenant, domain: SendingDomain, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    later = timezone.now() + timedelta(hours=1)
    assert announced(lambda: accept(tenant, send_at=later), django_capture_on_commit_callbacks) == []
    suppress(
        tenant_id=tenant.pk,
        email_key="taro@gmail.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.COMPLAINED,
    )
    assert announced(lambda: accept(tenant), django_capture_on_commit_callbacks) == []


def test_another_streams_domain_is_refused_with_its_place(tenant: Tenant, domain: SendingDomain) -> None:
    set_stream_domain(tenant_id=tenant.pk, stream=Stream.MARKETING, domain_id=domain.pk, actor=SYSTEM)
    with pytest.raises(DomainOfAnotherStream) as caught:
        accept(tenant)
    assert [(problem.pointer, problem.code) for problem in caught.value.errors] == [
        ("/from/email", "domain_of_another_stream")
    ]
    accept(tenant, stream=Stream.MARKETING)
    accept(tenant, channel="test")


def refused(tenant: Tenant, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(BadSubmission) as caught:
        accept(tenant, **changes)
    with tenant_scope(tenant.pk):
        assert not Submission.objects.exists()
        assert not Content.objects.exists()
    return [(problem.pointer, problem.code) for problem in caught.value.errors]


def people(*addresses: str) -> tuple[Mailbox, ...]:
    return tuple(Mailbox(address=address) for address in addresses)


def test_a_recipient_gets_a_message_and_a_queue_entry_in_a_lane(
    tenant: Tenant, domain: SendingDomain
) -> None:
    accepted = accept(tenant)
    with tenant_scope(tenant.pk):
        message = Message.objects.get()
        entry = QueueEntry.objects.get()
        lane = Lane.objects.get()
        submission = Submission.objects.get()
    assert message.id == accepted.messages[0].id == entry.message_id
    assert message.id.version == 7
    assert message.submission_id == submission.pk == accepted.submission.pk
    assert (message.rcpt, message.rcpt_key) == ("taro@gmail.test", "taro@gmail.test")
    assert message.merge == {"relay": {"to": [["山田太郎", "taro@gmail.test"]], "cc": []}}
    assert (lane.pk, lane.site_id, lane.campaign_id) == (entry.lane_id, None, None)
    assert lane.stream == message.stream == Stream.TRANSACTIONAL
    assert entry.domain_id == message.domain_id == Domain.objects.get(name="gmail.test").pk
    assert entry.expires_at - entry.next_attempt_at == longest_wait(Stream.TRANSACTIONAL)
    assert submission.to == ["山田太郎 <taro@gmail.test>"]


def test_to_cc_and_bcc_each_get_one_copy_and_no_address_gets_two(
    tenant: Tenant, domain: SendingDomain
) -> None:
    accepted = accept(
        tenant,
        to=people("a@one.test", "A@ONE.test"),
        cc=people("b@two.test"),
        bcc=people("c@one.test", "b@TWO.test"),
    )
    assert [message.address for message in accepted.messages] == ["a@one.test", "b@two.test", "c@one.test"]
    assert [message.id for message in accepted.messages] == sorted(m.id for m in accepted.messages)
    with tenant_scope(tenant.pk):
        merges = list(Message.objects.values_list("merge", flat=True))
        stored = Submission.objects.get()
    assert all("c@one.test" not in str(merge) for merge in merges)
    assert "c@one.test" not in str(stored.to + stored.cc)


def test_a_known_site_has_its_own_lane(tenant: Tenant, domain: SendingDomain) -> None:
    accept(tenant)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into delivery_site (key, provider_id) values ('mx.gmail.test', 0) returning id"
        )
        site = cursor.fetchone()[0]
    Domain.objects.filter(name="gmail.test").update(site_id=site)
    accept(tenant, to=people("a@gmail.test", "b@other.test"))
    accept(tenant)
    with tenant_scope(tenant.pk):
        lanes = dict(Lane.objects.values_list("pk", "site_id"))
        tally = Tally(lanes[lane] for lane in QueueEntry.objects.values_list("lane_id", flat=True))
    assert tally == {None: 2, site: 2}
    assert len(lanes) == 2


@pytest.mark.parametrize(
    ("scope", "stream", "stopped"),
    [
        (Suppression.Scope.ALL, Stream.TRANSACTIONAL, True),
        (Suppression.Scope.MARKETING, Stream.TRANSACTIONAL, False),
        (Suppression.Scope.MARKETING, Stream.MARKETING, True),
        (Suppression.Scope.ALL, Stream.MARKETING, True),
    ],
)
def test_a_suppressed_address_is_final_at_once(
    tenant: Tenant, domain: SendingDomain, scope: Suppression.Scope, stream: Stream, stopped: bool
) -> None:
    suppress(
        tenant_id=tenant.pk, email_key="taro@gmail.test", scope=scope, reason=Suppression.Reason.COMPLAINED
    )
    accepted = accept(tenant, to=people("Taro@gmail.test", "hanako@gmail.test"), stream=stream)
    assert [message.suppressed for message in accepted.messages] == [stopped, False]
    with tenant_scope(tenant.pk):
        attempts = list(Attempt.objects.values_list("number", "state", "category"))
        counts = list(Counter.objects.values_list("campaign_id", "state", "n"))
        assert QueueEntry.objects.count() == 2 - stopped
    assert attempts == ([(1, AttemptState.SUPPRESSED, "complained")] if stopped else [])
    assert counts == ([(0, AttemptState.SUPPRESSED, 1)] if stopped else [])


def test_one_refused_part_refuses_the_whole_and_every_problem_is_named(
    tenant: Tenant, domain: SendingDomain
) -> None:
    assert refused(
        tenant,
        to=people("taro@gmail.test", "no-at"),
        reply_to="x@",
        subject="a\r\nBcc: x@evil.test",
        headers=(("X-Order", "17"), ("From", "x@evil.test"), ("List-Unsubscribe", "<https://x.test/>")),
        attachments=(AttachedFile(name="a/b", content_type="nonsense", content=b""),),
    ) == [
        ("/to/1/email", "no_at"),
        ("/reply_to", "no_domain"),
        ("/subject", "line_break"),
        ("/headers/1", "reserved"),
        ("/headers/2", "reserved"),
        ("/attachments/0", "bad_content_type"),
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"from_": Mailbox(address="shop")}, ("/from/email", "no_at")),
        (
            {"from_": Mailbox(address="shop@news.acme.test", name="ceo@bank.test")},
            ("/from/name", "name_is_address"),
        ),
        ({"to": ()}, ("/to", "required")),
        ({"bcc": people(*(f"r{n}@x.test" for n in range(50)))}, ("/to", "too_many_recipients")),
        ({"html": None, "text": None}, ("", "no_body")),
        ({"text": "a\0b"}, ("/text", "bad_text")),
        ({"html": "\ud800"}, ("/html", "bad_text")),
        ({"html": "あ" * 333_334}, ("/html", "too_large")),
        ({"headers": (("References", "<a@b>"), ("references", "<a@b>"))}, ("/headers", "repeated")),
        ({"headers": (("X-A", "b"),) * 51}, ("/headers", "too_many")),
        (
            {"attachments": (AttachedFile(name="a", content_type="a/b", content=bytes(10_000_001)),)},
            ("/attachments", "too_large"),
        ),
        ({"tags": ("",)}, ("/tags", "bad_tags")),
        ({"metadata": {"a": "x" * 501}}, ("/metadata", "bad_metadata")),
    ],
)
def test_what_mail_cannot_carry_is_refused(
    tenant: Tenant, domain: SendingDomain, changes: dict, problem: tuple[str, str]
) -> None:
    assert refused(tenant, **changes) == [problem]


def test_nothing_leaves_from_an_unverified_or_foreign_domain(tenant: Tenant, domain: SendingDomain) -> None:
    with tenant_scope(tenant.pk):
        SendingDomain.objects.create(tenant_id=tenant.pk, name="new.acme.test", label="x")
    other = create_tenant(slug="globex", name="Globex", actor=SYSTEM)
    for sender, address in ((tenant, "a@new.acme.test"), (other, "a@news.acme.test")):
        with pytest.raises(DomainNotVerified) as caught:
            accept(sender, from_=Mailbox(address=address))
        assert caught.value.errors[0].pointer == "/from/email"


def test_without_a_sending_address_nothing_is_accepted(
    tenant: Tenant, domain: SendingDomain, settings: Any
) -> None:
    settings.RELAY_EGRESS = []
    with pytest.raises(NoEgress):
        accept(tenant)
    with tenant_scope(tenant.pk):
        assert not Message.objects.exists()
