"""Mail from us: the recipient's language, both bodies, and a failure that undoes nothing."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, Tenant, User
from accounts.services import post
from accounts.services.dns_check import Finding
from accounts.services.dns_records import tenant_records
from accounts.services.domains import _settle, add_domain
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope

KANA = re.compile(r"[ぁ-んァ-ヶ]")
Capture = Any


def invite(language: str) -> None:
    post.invitation(
        to="hanako@people.test",
        language=language,
        organization="日出商店 & Co",
        inviter="Alice <b>",
        role=Role.MARKETER,
        path="/join/abc/",
        expires_at=datetime(2026, 12, 1, 3, 0, tzinfo=UTC),
        time_zone="Asia/Tokyo",
    )


@pytest.mark.parametrize(("language", "hour"), [("ja", "2026/12/01 12:00"), ("en", "1 Dec 2026, 12:00")])
def test_an_invitation_speaks_the_recipients_language(
    db: None, settings: Any, django_capture_on_commit_callbacks: Capture, language: str, hour: str
) -> None:
    settings.RELAY_BASE_URL = "https://relay.example/"
    with django_capture_on_commit_callbacks(execute=True):
        invite(language)
        assert mail.outbox == []
    (letter,) = mail.outbox
    assert isinstance(letter, EmailMultiAlternatives)
    html = letter.alternatives[0].content
    assert bool(KANA.search(letter.body)) == bool(KANA.search(letter.subject)) == (language == "ja")
    for body in (letter.body, html):
        assert "https://relay.example/join/abc/" in body
        assert hour in body
    assert "日出商店 & Co" in letter.subject
    assert "Alice <b>" in letter.body
    assert "Alice &lt;b&gt;" in html
    assert f'<html lang="{language}">' in html
    assert letter.extra_headers == {"Auto-Submitted": "auto-generated"}


def test_mail_that_cannot_be_queued_undoes_nothing(
    db: None, settings: Any, django_capture_on_commit_callbacks: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "delivery.backend.RelayEmailBackend"
    with django_capture_on_commit_callbacks(execute=True):
        invite("en")
    assert "domain_not_verified" in caplog.text


def break_domain(tenant: Tenant) -> SendingDomain:
    domain = add_domain(tenant_id=tenant.pk, name="news.acme.test", actor=SYSTEM)
    with tenant_scope(tenant.pk):
        wanted = tenant_records(domain)
        found = [Finding(record=record, found=(record.value,), ok=True) for record in wanted]
        assert _settle(domain.pk, found, SYSTEM).state == SendingDomain.State.VERIFIED
        found[0] = Finding(record=wanted[0], found=("elsewhere.test",), ok=False)
        for _look in range(3):
            _settle(domain.pk, found, SYSTEM)
            SendingDomain.objects.update(drifting_since=timezone.now() - timedelta(hours=2))
        return _settle(domain.pk, found, SYSTEM)


def test_a_broken_domain_is_told_to_those_who_can_mend_it(
    tenant: Tenant, alice: User, django_capture_on_commit_callbacks: Capture
) -> None:
    add_member(tenant_id=tenant.pk, user=alice, role=Role.OWNER, actor=SYSTEM)
    developer = User.objects.create_user("dev@people.test", locale="ja")
    add_member(tenant_id=tenant.pk, user=developer, role=Role.DEVELOPER, actor=SYSTEM)
    analyst = User.objects.create_user("ana@people.test")
    add_member(tenant_id=tenant.pk, user=analyst, role=Role.ANALYST, actor=SYSTEM)
    with django_capture_on_commit_callbacks(execute=True):
        domain = break_domain(tenant)
    assert domain.state == SendingDomain.State.BROKEN
    assert [letter.to[0] for letter in mail.outbox] == [alice.email, "dev@people.test"] * 2
    for english, japanese in (mail.outbox[:2], mail.outbox[2:]):
        assert "news.acme.test" in english.subject
        assert KANA.search(japanese.subject)
    for letter in mail.outbox:
        assert "elsewhere.test" in letter.body
        assert "/o/acme/domains/" in letter.body


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_reset_goes_out_in_the_language_of_the_person(
    alice: User, django_capture_on_commit_callbacks: Capture, language: str
) -> None:
    User.objects.filter(pk=alice.pk).update(locale=language)
    with django_capture_on_commit_callbacks(execute=True):
        Client(headers={"Accept-Language": "en"}).post(
            reverse("account_reset_password"), {"email": alice.email}
        )
    (letter,) = mail.outbox
    assert letter.to == [alice.email]
    assert bool(KANA.search(letter.subject)) == (language == "ja")
    link = re.search(r"http://\S+/accounts/password/reset/key/\S+", letter.body)
    assert link is not None
    assert link[0] in letter.alternatives[0].content
    assert Client().get(link[0], follow=True).status_code == 200


def test_nobody_is_written_to_for_an_address_that_nobody_has(
    db: None, django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = Client().post(reverse("account_reset_password"), {"email": "nobody@people.test"})
    assert answer.status_code == 302
    assert mail.outbox == []


def test_the_language_of_the_pages_becomes_that_of_the_mail(alice: User) -> None:
    client = Client(headers={"Accept-Language": "ja"})
    form = {"login": alice.email, "password": "correct horse battery"}
    assert client.post(reverse("account_login"), form).status_code == 302
    assert User.objects.get(pk=alice.pk).locale == "ja"
    client.post(reverse("set_language"), {"language": "en"})
    assert User.objects.get(pk=alice.pk).locale == "en"
    client.post(reverse("set_language"), {"language": "xx"})
    assert User.objects.get(pk=alice.pk).locale == "en"
