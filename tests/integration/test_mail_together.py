"""Single mails that come at once, with real commits: who shares a transaction, and who holds nobody up."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import SendingDomain
from accounts.tenancy import tenant_scope
from delivery.exceptions import BadSubmission
from delivery.services.submission import Accepted
from delivery.services.submission_spec import Mailbox, SubmissionSpec
from delivery.services.together import Together
from tests.integration.organizations import Organization, make_organization
from tests.integration.waiting import until

pytestmark = pytest.mark.usefixtures("committed")
BESIDE = 5


class Broken(Exception):
    """What nobody expected."""


@contextmanager
def nobody_can_write() -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("lock table campaigns_content in share mode")
        yield


class Door:
    """Threads that bring one mail each to one `Together`."""

    def __init__(self, shop: Organization, check_sender: Callable[[str], None] = lambda _name: None) -> None:
        self.shop, self.together, self.check_sender = shop, Together(), check_sender
        self.answers: dict[str, Accepted | Exception] = {}
        self._threads: list[threading.Thread] = []

    def bring(self, name: str, *, to: str | None = None, sender: str | None = None) -> None:
        spec = SubmissionSpec(
            from_=Mailbox(address=f"shop@{sender or self.shop.domain.name}"),
            to=(Mailbox(address=to or f"{name}@one.test"),),
            subject=name,
            text=name,
        )
        thread = threading.Thread(target=self._one, args=(name, spec))
        self._threads.append(thread)
        thread.start()

    def _one(self, name: str, spec: SubmissionSpec) -> None:
        tenant_id = self.shop.tenant.pk
        try:
            self.answers[name] = self.together.submit(
                line="key", tenant_id=tenant_id, spec=spec, check_sender=self.check_sender
            )
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.answers[name] = error
        finally:
            connection.close()

    def wait_for_line(self, length: int) -> None:
        until(lambda: len(self.together._lines.get("key", ())) == length)

    def close(self) -> dict[str, Accepted | Exception]:
        for thread in self._threads:
            thread.join()
        assert not self.together._lines
        return self.answers


def transactions(shop: Organization) -> int:
    with tenant_scope(shop.tenant.pk), connection.cursor() as cursor:
        cursor.execute("select count(distinct xmin::text) from delivery_submission")
        return int(cursor.fetchone()[0])


def test_mail_that_comes_while_one_is_written_shares_the_next_transaction() -> None:
    door = Door(make_organization())
    with nobody_can_write():
        door.bring("first")
        until(lambda: "key" in door.together._lines)
        for number in range(BESIDE):
            door.bring(f"beside{number}")
        door.wait_for_line(BESIDE)
    answers = door.close()
    accepted = [one for one in answers.values() if isinstance(one, Accepted)]
    assert {one.messages[0].address for one in accepted} == {f"{name}@one.test" for name in answers}
    assert len(accepted) == BESIDE + 1
    assert transactions(door.shop) == 2


def test_a_mail_that_is_refused_takes_nothing_from_those_beside_it() -> None:
    door = Door(make_organization())
    with nobody_can_write():
        door.bring("first")
        until(lambda: "key" in door.together._lines)
        door.bring("good")
        door.bring("bad", to="nobody")
        door.wait_for_line(2)
    answers = door.close()
    assert isinstance(answers["good"], Accepted)
    assert isinstance(answers["bad"], BadSubmission)


def test_what_breaks_with_one_mail_breaks_with_that_one_alone() -> None:
    def check(name: str) -> None:
        if name == broken:
            raise Broken

    door = Door(make_organization(), check)
    broken = f"broken.{door.shop.domain.name}"
    with tenant_scope(door.shop.tenant.pk):
        SendingDomain.objects.create(
            tenant_id=door.shop.tenant.pk,
            name=broken,
            label="broken",
            state=SendingDomain.State.VERIFIED,
            verified_at=timezone.now(),
        )
    with nobody_can_write():
        door.bring("first")
        until(lambda: "key" in door.together._lines)
        door.bring("good")
        door.bring("broken", sender=broken)
        door.wait_for_line(2)
    answers = door.close()
    assert isinstance(answers["good"], Accepted)
    assert isinstance(answers["broken"], Broken)
    assert transactions(door.shop) == 2
