"""Mail of test keys: checked like any other, kept, and never sent; what becomes of it is made up.

The part before the @ of an address in RELAY_TEST_DOMAIN chooses what happens (`bounce@`, `slow@`, …); mail to
every other address is delivered. Events are told from the clock, so nothing runs for them: the feed, too,
has them from the beginning, each with the time from which it is seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models.tenant import new_id
from accounts.tenancy import tenant_scope
from delivery.exceptions import NothingWaits
from delivery.models import AttemptState, SimulatedMail
from delivery.services.submission import Checked, SenderCheck, check_many, recipients_of, shown
from delivery.services.submission_spec import SubmissionSpec
from relay_saas.mail.addresses import parse_address
from relay_saas.web.errors import NotFound, RelayError

RETENTION: Final = timedelta(days=30)
_BATCH: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens so many seconds after a copy is due."""

    after: int
    type: str
    #: The message's status from then on; None: as it is.
    status: str | None = None
    reason: str | None = None
    code: int | None = None
    enhanced: str = ""
    reply: str = ""
    category: str = ""


_DELIVERED: Final = Step(
    after=1, type="delivered", status="delivered", code=250, enhanced="2.0.0", reply="250 2.0.0 OK simulated"
)
_SLOW: Final = Step(
    after=1,
    type="deferred",
    status="deferred",
    code=451,
    enhanced="4.7.1",
    reply="451 4.7.1 Greylisted, simulated",
    category="greylisted",
)


def _bounced(code: int, enhanced: str, words: str, category: str) -> tuple[Step, ...]:
    step = Step(
        after=1,
        type="bounced",
        status="bounced",
        reason="bounced",
        code=code,
        enhanced=enhanced,
        reply=f"{code} {enhanced} {words}, simulated",
        category=category,
    )
    return (step,)


#: What the magic addresses do.
STORIES: Final[Mapping[str, tuple[Step, ...]]] = {
    "ok": (_DELIVERED,),
    "bounce": _bounced(550, "5.1.1", "User unknown", "recipient_unknown"),
    "full": _bounced(552, "5.2.2", "Mailbox full", "mailbox_full"),
    "blocked": _bounced(554, "5.7.1", "Refused as spam", "spam"),
    "slow": (_SLOW, replace(_DELIVERED, after=10)),
    "complain": (_DELIVERED, Step(after=3, type="complained")),
    "open": (_DELIVERED, Step(after=2, type="opened")),
    "click": (_DELIVERED, Step(after=2, type="opened"), Step(after=3, type="clicked")),
    "unsubscribe": (_DELIVERED, Step(after=3, type="unsubscribed")),
    "suppressed": (Step(after=0, type="rejected", status="suppressed", reason="blocked", category="manual"),),
}


#: The attempt's state that a step's status stands for.
_STATES: Final[Mapping[str, AttemptState]] = {
    "delivered": AttemptState.DELIVERED,
    "deferred": AttemptState.DEFERRED,
    "bounced": AttemptState.BOUNCED,
    "suppressed": AttemptState.SUPPRESSED,
    "cancelled": AttemptState.CANCELLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing that became of one copy."""

    message_id: UUID
    address: str
    at: datetime
    step: Step


def simulate_many(
    *,
    tenant_id: UUID,
    key_id: int,
    specs: Sequence[SubmissionSpec],
    check_sender: SenderCheck | None = None,
) -> list[SimulatedMail | RelayError]:
    """Keeps what would be sent; each has its answer, in their order."""
    with tenant_scope(tenant_id):
        checked = check_many(tenant_id=tenant_id, specs=specs, check_sender=check_sender)
        now = timezone.now()
        rows = [one if isinstance(one, RelayError) else _row(tenant_id, key_id, one, now) for one in checked]
        SimulatedMail.objects.bulk_create([row for row in rows if isinstance(row, SimulatedMail)])
        return rows


def _row(tenant_id: UUID, key_id: int, one: Checked, now: datetime) -> SimulatedMail:
    spec = one.spec
    mail = SimulatedMail(
        id=new_id(),
        tenant_id=tenant_id,
        key_id=key_id,
        stream=spec.stream,
        from_name=spec.from_.name,
        from_address=spec.from_.address,
        subject=spec.subject,
        to=[shown(mailbox) for mailbox in spec.to],
        cc=[shown(mailbox) for mailbox in spec.cc],
        tags=list(spec.tags),
        metadata=dict(spec.metadata),
        copies=[[str(new_id()), str(address)] for address in recipients_of(spec).values()],
        send_at=spec.send_at,
        created_at=now,
    )
    mail.story = _story(mail)
    return mail


def _story(mail: SimulatedMail) -> list[dict[str, Any]]:
    """An entry for each event that the mail meets, with all that its document says."""
    entries: list[dict[str, Any]] = []
    for message_id, address in mail.copies:
        about = {"message": message_id, "to": address}
        accepted = {"type": "queued", "attempt": 0, "state": 0, "at": mail.created_at.isoformat()}
        entries.append(about | accepted | {"key": message_id})
        attempts = 0
        for at, step in _told(mail, address):
            state = _STATES[step.status].value if step.status else 0
            attempts += bool(state)
            said = {
                "type": step.type,
                "attempt": attempts if state else 0,
                "state": state,
                "at": at.isoformat(),
                "key": str(uuid5(UUID(message_id), step.type)),
            }
            if state:
                answer = {"category": step.category, "code": step.code, "enhanced": step.enhanced}
                said |= answer | {"reply": step.reply}
            entries.append(about | said)
    return entries


def find_simulated(*, tenant_id: UUID, mail_id: UUID) -> SimulatedMail:
    """What a test key of the tenant sent; raises NotFound."""
    with tenant_scope(tenant_id):
        found = SimulatedMail.objects.filter(pk=mail_id).first()
    if found is None:
        raise NotFound
    return found


def cancel_simulated(*, tenant_id: UUID, mail_id: UUID) -> None:
    """Raises NotFound, NothingWaits."""
    with tenant_scope(tenant_id):
        mail = _waiting(mail_id)
        mail.cancelled_at = timezone.now()
        mail.story = _story(mail)
        mail.save(update_fields=["cancelled_at", "story"])


def put_off_simulated(*, tenant_id: UUID, mail_id: UUID, send_at: datetime) -> None:
    """Raises NotFound, NothingWaits."""
    with tenant_scope(tenant_id):
        mail = _waiting(mail_id)
        mail.send_at = send_at
        mail.story = _story(mail)
        mail.save(update_fields=["send_at", "story"])


def _waiting(mail_id: UUID) -> SimulatedMail:
    mail = SimulatedMail.objects.select_for_update().filter(pk=mail_id).first()
    if mail is None:
        raise NotFound
    if mail.cancelled_at is not None or due_at(mail) <= timezone.now():
        raise NothingWaits
    return mail


def due_at(mail: SimulatedMail) -> datetime:
    """When it would go out."""
    return max(mail.created_at, mail.send_at or mail.created_at)


_CANCELLED: Final = Step(after=0, type="rejected", status="cancelled", reason="other", category="cancelled")


def happened(mail: SimulatedMail, now: datetime) -> list[Happened]:
    """What became of it by now, oldest first, beside that it was accepted."""
    found = [
        Happened(message_id=UUID(message_id), address=address, at=at, step=step)
        for message_id, address in mail.copies
        for at, step in _told(mail, address)
        if at <= now
    ]
    return sorted(found, key=lambda one: one.at)


def _told(mail: SimulatedMail, address: str) -> list[tuple[datetime, Step]]:
    if mail.cancelled_at is not None:
        return [(mail.cancelled_at, _CANCELLED)]
    due = due_at(mail)
    return [(due + timedelta(seconds=step.after), step) for step in story_of(address)]


def statuses(mail: SimulatedMail, now: datetime) -> dict[UUID, str]:
    """Where each copy stands."""
    found = {UUID(message_id): "queued" for message_id, _ in mail.copies}
    for one in happened(mail, now):
        if one.step.status is not None:
            found[one.message_id] = one.step.status
    return found


def story_of(address: str) -> tuple[Step, ...]:
    """What mail to this address would meet."""
    local, _, domain = str(parse_address(address)).rpartition("@")
    if domain != settings.RELAY_TEST_DOMAIN:
        return STORIES["ok"]
    return STORIES.get(local.partition("+")[0].lower(), STORIES["ok"])


def forget_simulated() -> int:
    """Removes what is older than RETENTION, in small transactions; returns how many."""
    before = timezone.now() - RETENTION
    with connection.cursor() as cursor:
        cursor.execute("select * from tenants_with_old_test_mail(%s)", [before])
        tenants = [row[0] for row in cursor.fetchall()]
    total = 0
    for tenant_id in tenants:
        gone = _BATCH
        while gone == _BATCH:
            with tenant_scope(tenant_id):
                old = SimulatedMail.objects.filter(tenant_id=tenant_id, created_at__lt=before)
                ids = list(old.order_by("created_at").values_list("pk", flat=True)[:_BATCH])
                gone = SimulatedMail.objects.filter(pk__in=ids).delete()[0]
            total += gone
    return total
