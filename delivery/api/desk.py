"""Where mail by API is handed in: live keys' mail into the queue, test keys' mail into the simulation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import get_language

from delivery.api.specs import Caller
from delivery.models import SimulatedMail
from delivery.services.due import cancel_submission, put_off
from delivery.services.simulation import cancel_simulated, put_off_simulated, simulate_many, story_of
from delivery.services.submission import Accepted, submit_many
from delivery.services.submission_spec import SubmissionSpec
from delivery.services.together import Together
from relay_saas.web.errors import RelayError

_TOGETHER: Final = Together()


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenCopy:
    """One recipient's copy."""

    id: UUID
    address: str
    suppressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was taken; it is true once the request's transaction has committed."""

    id: UUID
    copies: tuple[TakenCopy, ...]

    @property
    def suppressed(self) -> list[str]:
        """Addresses that get nothing."""
        return [copy.address for copy in self.copies if copy.suppressed]


def take(spec: SubmissionSpec, caller: Caller) -> Taken:
    """Takes one mail; raises RelayError."""
    (taken,) = take_many([spec], caller)
    if isinstance(taken, RelayError):
        raise taken
    return taken


def take_with_others(spec: SubmissionSpec, caller: Caller) -> Taken:
    """The same outside any transaction: mail that a key brings at once shares one. Raises RelayError."""
    key = caller.key
    if key.test:
        return take(spec, caller)
    # Problems are told in the language of the request.
    line = key.tenant_id, key.key_id, get_language()
    accepted = _TOGETHER.submit(line=line, tenant_id=key.tenant_id, spec=spec, check_sender=key.check_sender)
    return taken_of(accepted)


def take_many(specs: Sequence[SubmissionSpec], caller: Caller) -> list[Taken | RelayError]:
    """Takes many; each has its answer, in their order. Raises NoEgress."""
    key = caller.key
    if key.test:
        kept = simulate_many(
            tenant_id=key.tenant_id, key_id=key.key_id, specs=specs, check_sender=key.check_sender
        )
        return [one if isinstance(one, RelayError) else _simulated(one) for one in kept]
    written = submit_many(tenant_id=key.tenant_id, specs=specs, check_sender=key.check_sender)
    return [one if isinstance(one, RelayError) else taken_of(one) for one in written]


def cancel(mail_id: UUID, caller: Caller) -> None:
    """Ends what waits; raises NotFound, NothingWaits."""
    if caller.key.test:
        cancel_simulated(tenant_id=caller.tenant_id, mail_id=mail_id)
    else:
        cancel_submission(tenant_id=caller.tenant_id, submission_id=mail_id)


def reschedule(mail_id: UUID, send_at: datetime, caller: Caller) -> None:
    """Gives what waits another time; raises NotFound, NothingWaits."""
    if caller.key.test:
        put_off_simulated(tenant_id=caller.tenant_id, mail_id=mail_id, send_at=send_at)
    else:
        put_off(tenant_id=caller.tenant_id, submission_id=mail_id, send_at=send_at)


def taken_of(accepted: Accepted) -> Taken:
    """What the queue took."""
    copies = tuple(
        TakenCopy(id=message.id, address=message.address, suppressed=message.suppressed)
        for message in accepted.messages
    )
    return Taken(id=accepted.submission.pk, copies=copies)


def _simulated(mail: SimulatedMail) -> Taken:
    copies = tuple(
        TakenCopy(
            id=UUID(message_id), address=address, suppressed=story_of(address)[0].status == "suppressed"
        )
        for message_id, address in mail.copies
    )
    return Taken(id=mail.pk, copies=copies)


Reader = Callable[[Any, Caller], SubmissionSpec]


def take_bodies(bodies: Sequence[Any], caller: Caller, read: Reader) -> list[Taken | RelayError]:
    """Reads each body and takes what could be read, in one write; each has its answer, in their order."""
    specs = [_read(body, caller, read) for body in bodies]
    taken = iter(take_many([spec for spec in specs if isinstance(spec, SubmissionSpec)], caller))
    return [next(taken) if isinstance(spec, SubmissionSpec) else spec for spec in specs]


def _read(body: Any, caller: Caller, read: Reader) -> SubmissionSpec | RelayError:
    try:
        return read(body, caller)
    except RelayError as error:
        return error
