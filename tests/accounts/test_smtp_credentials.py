"""SMTP credentials: shown once, recognised, held to their networks and limits, ended."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.audit_words import change_words
from accounts.exceptions import (
    BadCredential,
    CredentialDayReached,
    CredentialEnded,
    CredentialRateReached,
)  # fmt: skip
from accounts.models import AuditEvent, SendingDomain, SmtpAllowance, SmtpCredential, Tenant, User
from accounts.models.membership import Role
from accounts.models.stream import Stream
from accounts.services import smtp_credentials
from accounts.services.smtp_credentials import AuthenticatedCredential, authenticate, create, revoke, update
from accounts.services.smtp_draft import CredentialDraft, draft_of
from accounts.services.smtp_limits import spending
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from relay_saas.mail.addresses import parse_address
from relay_saas.web.errors import NotFound

PEER = "192.0.2.7"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """No sign-in of another test is remembered."""
    smtp_credentials._remembered.clear()


@pytest.fixture(autouse=True)
def _domain(tenant: Tenant) -> None:
    """Acme may send from news.acme.test."""
    with tenant_scope(tenant.pk):
        SendingDomain.objects.create(
            tenant_id=tenant.pk, name="news.acme.test", label="x", state=SendingDomain.State.VERIFIED
        )


def made(tenant: Tenant, **fields: object) -> tuple[SmtpCredential, str]:
    draft = CredentialDraft(**{"name": "shop", **fields})
    return create(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)


def signed_in(tenant: Tenant, **fields: object) -> AuthenticatedCredential:
    credential, password = made(tenant, **fields)
    found = authenticate(username=credential.username, password=password, peer=PEER)
    assert found is not None
    return found


def test_a_credential_is_recognised_before_the_tenant_is_known(tenant: Tenant) -> None:
    fields = {
        "allowed_from": ["news.acme.test"],
        "stream": Stream.MARKETING,
        "track_opens": True,
        "rate_per_minute": 5,
        "daily_limit": 50,
        "bounce_notice": "taro@news.acme.test",
    }
    found = signed_in(tenant, **fields)
    assert (found.tenant_id, found.name, found.stream) == (tenant.pk, "shop", Stream.MARKETING)
    assert (found.track_opens, found.track_clicks) == (True, False)
    assert (found.rate_per_minute, found.daily_limit) == (5, 50)
    assert found.bounce_notice == "taro@news.acme.test"
    assert found.may_send_from(parse_address("x@news.acme.test"))
    assert not found.may_send_from(parse_address("x@acme.test"))


def test_the_password_is_stored_nowhere_and_has_256_bits(tenant: Tenant) -> None:
    credential, password = made(tenant)
    with tenant_scope(tenant.pk):
        row = SmtpCredential.objects.filter(pk=credential.pk).values().get()
        trail = str(list(AuditEvent.objects.values()))
    assert password not in str(row) + trail
    assert len(password.removeprefix("rly_smtp_")) == 43
    assert credential.username.startswith("smtp_")
    assert credential.username.isascii()


def test_the_name_may_come_in_capitals_and_the_password_may_not(tenant: Tenant) -> None:
    credential, password = made(tenant)
    assert authenticate(username=credential.username.upper(), password=password, peer=PEER)
    assert authenticate(username=credential.username, password=password.upper(), peer=PEER) is None


@pytest.mark.parametrize(
    ("username", "password"),
    [("", ""), ("smtp_x", "x"), ("\0", "\0"), ("x" * 5000, "y"), ("é\ud800", "é"), ("a\0b", "c")],
)
def test_everything_else_is_refused_alike(tenant: Tenant, username: str, password: str) -> None:
    assert authenticate(username=username, password=password, peer=PEER) is None


def test_a_known_and_an_unknown_name_ask_the_database_the_same(
    tenant: Tenant, django_assert_num_queries: object
) -> None:
    credential, password = made(tenant)
    for username in (credential.username, "smtp_aaaaaaaaaaaaaaaa"):
        with django_assert_num_queries(1) as asked:
            assert authenticate(username=username, password=password + "x", peer=PEER) is None
        assert "resolve_smtp_credential" in asked[0]["sql"]


def test_name_and_password_cannot_be_shifted_into_each_other(tenant: Tenant) -> None:
    credential, password = made(tenant)
    name = credential.username
    assert authenticate(username=name + password[:1], password=password[1:], peer=PEER) is None


def test_a_credential_works_only_from_its_networks(tenant: Tenant) -> None:
    credential, password = made(tenant, networks=["192.0.2.0/24", "2001:db8::/32"])
    name = credential.username
    for peer in ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"):
        assert authenticate(username=name, password=password, peer=peer), peer
    for peer in ("198.51.100.1", "::ffff:198.51.100.1", "2001:db9::1", "", "nonsense"):
        assert authenticate(username=name, password=password, peer=peer) is None, peer


def test_a_revoked_credential_ends_at_once_and_twice_is_once(tenant: Tenant) -> None:
    credential, password = made(tenant)
    assert authenticate(username=credential.username, password=password, peer=PEER)
    for _ in range(2):
        revoke(tenant_id=tenant.pk, credential_id=credential.pk, actor=SYSTEM)
    assert authenticate(username=credential.username, password=password, peer=PEER) is None
    with tenant_scope(tenant.pk):
        assert AuditEvent.objects.filter(verb="revoked").count() == 1


def test_another_organization_cannot_revoke_it(tenant: Tenant, other_tenant: Tenant) -> None:
    credential, password = made(tenant)
    with pytest.raises(NotFound):
        revoke(tenant_id=other_tenant.pk, credential_id=credential.pk, actor=SYSTEM)
    assert authenticate(username=credential.username, password=password, peer=PEER)


def test_last_use_is_noted_at_most_once_a_minute(tenant: Tenant) -> None:
    credential, password = made(tenant)
    seen = []
    for _ in range(2):
        smtp_credentials._remembered.clear()
        authenticate(username=credential.username, password=password, peer=PEER)
        with tenant_scope(tenant.pk):
            seen.append(SmtpCredential.objects.get(pk=credential.pk).last_used_at)
    assert seen[0] == seen[1] is not None


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"name": ""}, "/name", "bad_name"),
        ({"name": "a\0b"}, "/name", "bad_name"),
        ({"allowed_from": ["*@*.acme.test"]}, "/allowed_from/0", "domain_wildcard"),
        ({"allowed_from": ["news.acme.test", "nonsense"]}, "/allowed_from/1", "bad_pattern"),
        ({"allowed_from": ["*@globex.test"]}, "/allowed_from/0", "domain_unknown"),
        ({"networks": ["10.0.0.1/8"]}, "/networks/0", "bad_network"),
        ({"networks": ["10.0.0.0/8", "x"]}, "/networks/1", "bad_network"),
        ({"networks": [f"10.0.0.{n}" for n in range(51)]}, "/networks", "too_many"),
        ({"bounce_notice": "nobody"}, "/bounce_notice", "bad_address"),
        ({"bounce_notice": "victim@elsewhere.test"}, "/bounce_notice", "not_your_address"),
        ({"stream": Stream.SYSTEM}, "/stream", "bad_stream"),
        ({"rate_per_minute": 0}, "/rate_per_minute", "bad_limit"),
        ({"daily_limit": -1}, "/daily_limit", "bad_limit"),
    ],
)
def test_what_is_wrong_is_named(tenant: Tenant, fields: dict[str, object], pointer: str, code: str) -> None:
    with pytest.raises(BadCredential) as refused:
        made(tenant, **fields)
    assert [(problem.pointer, problem.code) for problem in refused.value.errors] == [(pointer, code)]


def test_a_change_keeps_user_name_and_password_and_is_written_down(tenant: Tenant) -> None:
    credential, password = made(tenant, rate_per_minute=5)
    draft = CredentialDraft(name="office", allowed_from=["news.acme.test"], stream=Stream.MARKETING)
    update(tenant_id=tenant.pk, credential_id=credential.pk, draft=draft, actor=SYSTEM)
    found = authenticate(username=credential.username, password=password, peer=PEER)
    assert found is not None
    assert (found.name, found.allowed_from, found.stream) == (
        "office", ("*@news.acme.test",), Stream.MARKETING,
    )  # fmt: skip
    assert found.rate_per_minute is None
    with tenant_scope(tenant.pk):
        (event,) = AuditEvent.objects.filter(verb="changed")
    assert event.changes == {
        "name": ["shop", "office"],
        "allowed_from": [[], ["*@news.acme.test"]],
        "stream": [1, 2],
        "rate_per_minute": [5, None],
    }
    assert change_words(event) == [
        "Name: shop → office",
        "Stream: Transactional → Marketing",
        "It may send from: nothing → *@news.acme.test",
        "Recipients a minute, at most: 5 → nothing",
    ]


def test_a_change_that_is_none_is_not_written_down(tenant: Tenant) -> None:
    credential, _password = made(tenant, allowed_from=["news.acme.test"])
    update(tenant_id=tenant.pk, credential_id=credential.pk, draft=draft_of(credential), actor=SYSTEM)
    with tenant_scope(tenant.pk):
        assert not AuditEvent.objects.filter(verb="changed").exists()


def test_what_stood_there_already_does_not_hinder_a_change(tenant: Tenant) -> None:
    credential, _password = made(tenant, allowed_from=["news.acme.test"])
    with tenant_scope(tenant.pk):
        SendingDomain.objects.all().delete()

    def change(**values: object) -> None:
        draft = draft_of(credential, **values)
        update(tenant_id=tenant.pk, credential_id=credential.pk, draft=draft, actor=SYSTEM)

    change(daily_limit=7)
    with pytest.raises(BadCredential):
        change(allowed_from=["news.acme.test", "x@news.acme.test"])


def test_only_a_working_credential_of_ones_own_is_changed(tenant: Tenant, other_tenant: Tenant) -> None:
    first, _password = made(tenant)
    second, _password = made(tenant, name="office")
    draft = CredentialDraft(name="office")
    with pytest.raises(BadCredential) as refused:
        update(tenant_id=tenant.pk, credential_id=first.pk, draft=draft, actor=SYSTEM)
    assert refused.value.errors[0].code == "name_taken"
    with pytest.raises(NotFound):
        update(tenant_id=other_tenant.pk, credential_id=first.pk, draft=draft, actor=SYSTEM)
    revoke(tenant_id=tenant.pk, credential_id=second.pk, actor=SYSTEM)
    with pytest.raises(CredentialEnded):
        update(tenant_id=tenant.pk, credential_id=second.pk, draft=draft, actor=SYSTEM)
    update(tenant_id=tenant.pk, credential_id=first.pk, draft=draft, actor=SYSTEM)


def test_two_working_credentials_have_two_names(tenant: Tenant) -> None:
    first, _password = made(tenant)
    with pytest.raises(BadCredential):
        made(tenant)
    revoke(tenant_id=tenant.pk, credential_id=first.pk, actor=SYSTEM)
    made(tenant)


def test_reports_may_go_to_a_member(tenant: Tenant, alice: User) -> None:
    add_member(tenant_id=tenant.pk, user=alice, role=Role.OWNER, actor=SYSTEM)
    assert signed_in(tenant, bounce_notice="alice@people.test").bounce_notice == "alice@people.test"


def test_a_minutes_limit_is_exact_and_recipients_count(tenant: Tenant) -> None:
    credential = signed_in(tenant, rate_per_minute=5)
    for count in (2, 3):
        with spending(credential, count):
            pass
    with pytest.raises(CredentialRateReached) as refused, spending(credential, 1):
        pass
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60
    _turn_back(tenant, minute=timezone.now() - timedelta(minutes=2))
    with spending(credential, 5):
        pass


def test_a_days_limit_is_exact_and_starts_anew(tenant: Tenant) -> None:
    credential = signed_in(tenant, daily_limit=3)
    with spending(credential, 3):
        pass
    with pytest.raises(CredentialDayReached) as refused, spending(credential, 1):
        pass
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 86_400
    _turn_back(tenant, day=timezone.now().date() - timedelta(days=2))
    with spending(credential, 3):
        pass


def test_more_than_the_limit_at_once_never_fits(tenant: Tenant) -> None:
    credential = signed_in(tenant, daily_limit=3)
    with pytest.raises(CredentialDayReached), spending(credential, 4):
        pass
    with tenant_scope(tenant.pk):
        assert not SmtpAllowance.objects.exists()


def test_what_was_not_accepted_is_given_back(tenant: Tenant) -> None:
    credential = signed_in(tenant, rate_per_minute=3, daily_limit=3)
    with pytest.raises(ZeroDivisionError), spending(credential, 3):
        _ = 1 / 0
    with spending(credential, 3):
        pass
    with tenant_scope(tenant.pk):
        assert SmtpAllowance.objects.values_list("minute_count", "day_count").get() == (3, 3)


def test_a_credential_without_limits_asks_nobody(tenant: Tenant, django_assert_num_queries: object) -> None:
    credential = signed_in(tenant)
    with django_assert_num_queries(0), spending(credential, 100):
        pass


def test_the_resolver_answers_the_application_alone(tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select has_function_privilege('public', 'resolve_smtp_credential(bytea)', 'execute')")
        assert cursor.fetchone() == (False,)


def _turn_back(tenant: Tenant, **columns: object) -> None:
    with tenant_scope(tenant.pk):
        SmtpAllowance.objects.update(**columns)
