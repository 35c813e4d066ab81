"""What operators do: stop, lift, give up; each deed is in the audit trail of the organization `system`."""

from datetime import timedelta
from uuid import UUID

from django.db import models
from django.utils import timezone

from accounts.audit import Actor, record
from accounts.models import Tenant
from accounts.selectors.all_jobs import JobRow
from accounts.tenancy import SYSTEM_TENANT_ID, system_scope
from delivery.engine.incarnation import RESTORED
from delivery.models import PolicyState, Provider
from delivery.selectors.operations import DoubtRow
from delivery.selectors.policies import active_policies
from delivery.selectors.struck import Struck
from delivery.services import policy
from delivery.services.expire import expire_waiting, lanes_in
from delivery.services.role_mail import mark_done
from delivery.services.undo import Decided, chosen_of, confirm_suppressions, undo_suppressions
from delivery.tasks import doubt_restored, expire_lanes
from relay_saas.console.ops.target import Target
from relay_saas.mail.ids import format_id
from relay_saas.web.errors import NotFound

#: More than this is given up by a worker, not while somebody waits for the page.
AT_ONCE = 2000


def stop(*, target: Target, reason: str, lasts: timedelta | None, actor: Actor) -> PolicyState:
    """Suspends a target; raises BadPolicy."""
    until = timezone.now() + lasts if lasts else None
    with system_scope():
        made = policy.suspend(scope=target.scope, reason=reason, set_by=actor.name, until=until)
        changes: dict[str, object] = {
            "what": target.label,
            "reason": reason,
            "until": until.isoformat() if until else None,
        }
        _note(actor, "suspended", made, changes)
    return made


def lift(*, policy_id: int, actor: Actor) -> PolicyState:
    """Ends a policy of whatever kind; raises NotFound where it does not hold."""
    with system_scope():
        if not policy.lift(policy_id=policy_id, by=actor.name):
            raise NotFound
        ended = PolicyState.objects.get(pk=policy_id)
        _note(actor, "lifted", ended, {"reason": ended.reason, "rule": ended.rule})
    return ended


def give_up(*, target: Target, reason: str, age: timedelta, actor: Actor) -> int | None:
    """Expires what has waited longer than `age`; returns the number, or None where a worker does it."""
    rows = [row for row in lanes_in(target.scope) if row.waiting]
    hours = int(age.total_seconds() // 3600)
    with system_scope():
        system = Tenant.objects.get(pk=SYSTEM_TENANT_ID)
        changes: dict[str, object] = {"what": target.label, "older_than_hours": hours, "reason": reason}
        _note(actor, "expired", system, changes)
    if sum(row.waiting for row in rows) <= AT_ONCE:
        return expire_waiting(scope=target.scope, older_than=age)
    expire_lanes.delay([(str(row.tenant_id), row.lane_id) for row in rows], int(age.total_seconds()))
    return None


def decide(*, group: Struck, undone: bool, reason: str, actor: Actor) -> Decided:
    """Takes back a group of provisional suppressions, or says that they were right."""
    verb, service = ("undone", undo_suppressions) if undone else ("confirmed", confirm_suppressions)
    with system_scope():
        provider = Provider.objects.get(pk=group.provider_id)
        changes: dict[str, object] = {
            "rule": group.rule,
            "from": group.hour.isoformat(),
            "to": group.before.isoformat(),
            "reason": reason,
        }
        _note(actor, verb, provider, changes)
    return service(chosen=chosen_of(group), actor=actor)


def mail_done(*, tenant_id: UUID, number: int, reason: str, actor: Actor) -> None:
    """Marks mail to one of our roles as done."""
    if mark_done(tenant_id=tenant_id, number=number, by=actor.name):
        with system_scope():
            system = Tenant.objects.get(pk=SYSTEM_TENANT_ID)
            _note(actor, "done", system, {"what": "mail", "number": number, "reason": reason})


def note_mail(*, number: int, tenant_id: UUID, actor: Actor) -> None:
    """Says in the audit trail that an operator opened a mail of this organization."""
    with system_scope():
        system = Tenant.objects.get(pk=SYSTEM_TENANT_ID)
        _note(actor, "viewed", system, {"what": "mail", "number": number, "tenant": str(tenant_id)})


def give_up_restored(*, reason: str, actor: Actor) -> None:
    """Has a worker end as in doubt what a restored copy may have sent already."""
    with system_scope():
        system = Tenant.objects.get(pk=SYSTEM_TENANT_ID)
        _note(actor, "doubted", system, {"what": "restored", "reason": reason})
    doubt_restored.delay()


def resume_restored(*, reason: str, actor: Actor) -> int:
    """Lifts the suspension of a restored copy; returns how many policies ended."""
    ended = 0
    for held in active_policies().filter(rule=RESTORED):
        with system_scope():
            if policy.lift(policy_id=held.pk, by=actor.name):
                _note(actor, "lifted", held, {"reason": reason, "rule": RESTORED})
                ended += 1
    return ended


def note_look(*, rows: list[DoubtRow], actor: Actor) -> None:
    """Says in the audit trail that an operator saw these messages of several organizations."""
    with system_scope():
        system = Tenant.objects.get(pk=SYSTEM_TENANT_ID)
        ids = [format_id("msg", row.message_id) for row in rows]
        _note(actor, "viewed", system, {"what": "in doubt", "messages": ids})


def note_story(*, message: str, tenant: str, actor: Actor) -> None:
    """The same for the story of one message."""
    with system_scope():
        system = Tenant.objects.get(pk=SYSTEM_TENANT_ID)
        _note(actor, "viewed", system, {"what": "story", "messages": [message], "tenant": tenant})


def note_tenant(*, tenant_id: UUID, actor: Actor) -> None:
    """The same for the page of one organization."""
    with system_scope():
        system = Tenant.objects.get(pk=SYSTEM_TENANT_ID)
        _note(actor, "viewed", system, {"what": "organization", "tenant": str(tenant_id)})


def note_jobs(*, rows: list[JobRow], actor: Actor) -> None:
    """The same for jobs of several organizations."""
    with system_scope():
        system = Tenant.objects.get(pk=SYSTEM_TENANT_ID)
        _note(actor, "viewed", system, {"what": "jobs", "jobs": [row.job_id for row in rows]})


def _note(actor: Actor, verb: str, subject: models.Model, changes: dict[str, object]) -> None:
    record(tenant_id=SYSTEM_TENANT_ID, actor=actor, verb=verb, subject=subject, changes=changes)
