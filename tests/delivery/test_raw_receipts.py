"""The same message again gets the same answer and no second copy; another one is never taken for it."""

from uuid import UUID

import pytest

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from delivery.exceptions import BadSubmission
from delivery.models import Message, Submission, SubmissionReceipt
from delivery.services.raw_read import read_mail
from delivery.services.raw_submission import submit_read
from delivery.services.submission import Accepted
from tests.delivery.builders import make_domain
from tests.delivery.raw import OPTIONS, PLAIN, accept

pytestmark = pytest.mark.usefixtures("domain")


def counts(tenant: Tenant) -> tuple[int, int]:
    with tenant_scope(tenant.pk):
        return Submission.objects.count(), Message.objects.count()


def test_a_retry_gets_the_first_answer(tenant: Tenant) -> None:
    first, again = accept(tenant), accept(tenant)
    assert (first.repeated, again.repeated) == (False, True)
    assert first.submission.pk == again.submission.pk
    assert [one.id for one in first.messages] == [one.id for one in again.messages]
    assert counts(tenant) == (1, 1)


def test_120_recipients_in_three_transactions_with_one_message_id_are_120_messages(tenant: Tenant) -> None:
    everybody = [f"p{number}@one.test" for number in range(120)]
    ids = {accept(tenant, to=tuple(everybody[at : at + 40])).submission.pk for at in (0, 40, 80)}
    assert len(ids) == 3
    assert counts(tenant) == (3, 120)
    accept(tenant, to=tuple(everybody[40:80]))
    assert counts(tenant) == (3, 120)


def test_of_old_and_new_recipients_the_new_ones_get_a_copy(tenant: Tenant) -> None:
    accept(tenant, to=("a@one.test", "b@one.test"))
    mixed = accept(tenant, to=("b@one.test", "c@one.test"))
    assert [one.address for one in mixed.messages] == ["c@one.test"]
    assert counts(tenant) == (2, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"smtp_credential_id": 8},
        {"raw": PLAIN.replace(b"<1@shop>", b"<2@shop>")},
        {"raw": PLAIN.replace(b"Hi", b"Ho")},
        {"to": ("other@gmail.test",)},
    ],
    ids=["credential", "Message-ID", "body", "recipient"],
)
def test_what_differs_is_another_message(tenant: Tenant, changes: dict) -> None:
    accept(tenant)
    assert not accept(tenant, **changes).repeated
    assert counts(tenant) == (2, 2)


def test_the_same_message_id_with_another_body_is_marked(tenant: Tenant) -> None:
    assert not accept(tenant).submission.reused_id
    assert accept(tenant, PLAIN.replace(b"Hi", b"Ho")).submission.reused_id
    assert not accept(tenant, PLAIN.replace(b"<1@", b"<3@")).submission.reused_id


def test_without_message_id_and_key_nothing_is_taken_for_a_repetition(tenant: Tenant) -> None:
    raw = PLAIN.replace(b"Message-ID: <1@shop>\r\n", b"")
    accept(tenant, raw)
    accept(tenant, raw)
    assert counts(tenant) == (2, 2)
    with tenant_scope(tenant.pk):
        assert not SubmissionReceipt.objects.exists()


def test_an_idempotency_key_stands_for_the_message_id(tenant: Tenant) -> None:
    head = b"X-Relay-Idempotency-Key: order-17\r\nContent-Type: multipart/mixed; boundary=%b\r\n"
    raws = [
        (head % mark + PLAIN.replace(b"1@shop", mark + b"@shop"))[:-4]
        + b"--%b\r\n\r\nHi\r\n--%b--\r\n" % (mark, mark)
        for mark in (b"first", b"other")
    ]
    first, again = (accept(tenant, raw) for raw in raws)
    assert again.repeated
    assert first.submission.pk == again.submission.pk
    assert counts(tenant) == (1, 1)


def test_a_key_for_another_message_is_refused_and_leaves_nothing(tenant: Tenant) -> None:
    accept(tenant, idempotency_key="k")
    both = ("taro@gmail.test", "new@one.test")
    with pytest.raises(BadSubmission) as caught:
        accept(tenant, PLAIN.replace(b"Hi", b"Ho"), idempotency_key="k", to=both)
    assert caught.value.code == "other_body"
    assert counts(tenant) == (1, 1)
    # The recipient that was new may still be written to under the key.
    assert not accept(tenant, idempotency_key="k", to=("new@one.test",)).repeated


def test_keys_of_two_organizations_have_nothing_to_do_with_each_other(
    tenant: Tenant, domain: SendingDomain
) -> None:
    other = create_tenant(slug="other", name="Other", actor=SYSTEM)
    make_domain(other.pk, "mail.other.test")
    raw = PLAIN.replace(b"news.acme.test", b"mail.other.test")
    accept(tenant, idempotency_key="k")
    assert not accept(other, raw, idempotency_key="k").repeated


def test_one_transaction_answers_many_messages_each_for_itself(tenant: Tenant) -> None:
    raws = [PLAIN, PLAIN, PLAIN.replace(b"1@shop", b"2@shop"), PLAIN.replace(b"news.acme", b"bank")]
    mails = [read_mail(raw=raw, envelope_from="", recipients=["a@one.test"], options=OPTIONS) for raw in raws]
    one, same, two, refused = submit_read(tenant_id=tenant.pk, mails=mails)
    assert isinstance(one, Accepted)
    assert isinstance(same, Accepted)
    assert isinstance(two, Accepted)
    assert (one.submission.pk, same.repeated) == (same.submission.pk, True)
    assert isinstance(two.submission.pk, UUID)
    assert two.submission.pk != one.submission.pk
    assert getattr(refused, "code", "") == "domain_not_verified"
    assert counts(tenant) == (2, 2)
