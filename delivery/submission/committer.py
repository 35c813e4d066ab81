"""Group commit: messages of one organization that wait together are written in one transaction."""

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import connection

from accounts.exceptions import CredentialDayReached, CredentialRateReached
from accounts.services.smtp_credentials import AuthenticatedCredential
from accounts.services.smtp_limits import spending
from delivery.services.raw_read import ReadMail, read_mail
from delivery.services.raw_spec import Notice, RawOptions
from delivery.services.raw_submission import accepted_before, submit_read
from delivery.services.raw_template import fill_template
from delivery.services.submission import Accepted
from relay_saas.web.errors import RelayError

log = logging.getLogger(__name__)

#: Threads with a connection each, transactions of one organization at a time, messages of one transaction.
THREADS: Final = 4
_AT_ONCE: Final = 1
_TOGETHER: Final = 50
#: Octets after which a transaction is full.
_FULL: Final = 8 * 1024 * 1024

Answer = Accepted | RelayError | Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message as it came in, and who brought it."""

    credential: AuthenticatedCredential
    raw: bytes
    envelope_from: str
    recipients: Sequence[str]
    notice: Notice
    request_id: str


@dataclass(slots=True)
class _Waiting:
    """One organization's messages that nobody writes yet."""

    items: deque[tuple[Delivery, asyncio.Future[Accepted]]] = field(default_factory=deque)
    at_work: int = 0


class Committer:
    """One a process."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="submission")
        self._waiting: dict[UUID, _Waiting] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, delivery: Delivery) -> Accepted:
        """What was committed. Raises RelayError for a refusal, and whatever else went wrong."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Accepted] = loop.create_future()
        tenant_id = delivery.credential.tenant_id
        waiting = self._waiting.setdefault(tenant_id, _Waiting())
        waiting.items.append((delivery, answer))
        if waiting.at_work < _AT_ONCE:
            waiting.at_work += 1
            task = loop.create_task(self._work(tenant_id, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        # A client that leaves takes nothing back: what is under way is written.
        return await asyncio.shield(answer)

    async def close(self) -> None:
        """Writes what waits, then ends the threads."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # Each thread has a connection of its own, which only it may close: all of them meet first.
        meeting = threading.Barrier(THREADS)
        loop = asyncio.get_running_loop()
        await asyncio.gather(
            *(loop.run_in_executor(self._threads, _close_connection, meeting) for _ in range(THREADS))
        )
        await asyncio.to_thread(self._threads.shutdown)

    @property
    def threads(self) -> ThreadPoolExecutor:
        """For short questions to the database."""
        return self._threads

    async def _work(self, tenant_id: UUID, waiting: _Waiting) -> None:
        loop = asyncio.get_running_loop()
        try:
            while waiting.items:
                taken = _taken(waiting.items)
                deliveries = [delivery for delivery, _ in taken]
                answers: Sequence[Answer]
                try:
                    answers = await loop.run_in_executor(
                        self._threads, with_connection, tenant_id, deliveries
                    )
                except Exception as error:  # noqa: BLE001 - each of them hears of it
                    answers = [error] * len(taken)
                for (_, future), answer in zip(taken, answers, strict=True):
                    _settle(future, answer)
        finally:
            waiting.at_work -= 1
            if not waiting.at_work and not waiting.items:
                self._waiting.pop(tenant_id, None)


def _close_connection(meeting: threading.Barrier) -> None:
    with contextlib.suppress(threading.BrokenBarrierError):
        meeting.wait(10)
    connection.close()


def with_connection(tenant_id: UUID, deliveries: Sequence[Delivery]) -> Sequence[Answer]:
    """Runs in a thread: on a connection that lives, or a new one."""
    connection.close_if_unusable_or_obsolete()
    return write(tenant_id, deliveries)


def write(tenant_id: UUID, deliveries: Sequence[Delivery]) -> Sequence[Answer]:
    """Each one's answer; nothing of it is true before the transaction has committed, which is then over."""
    answers: dict[int, Answer] = {}
    mails: dict[int, ReadMail] = {}
    spent: dict[int, contextlib.ExitStack] = {}
    beyond: dict[int, ReadMail] = {}
    for number, delivery in enumerate(deliveries):
        try:
            mails[number] = _read(delivery)
            spent[number] = _spend(delivery)
        except (CredentialRateReached, CredentialDayReached) as error:
            answers[number] = error
            beyond[number] = mails.pop(number)
        except RelayError as error:
            answers[number] = error
    if beyond:
        # Whoever tries again what was accepted takes nothing from a limit, and must not keep on trying.
        known = accepted_before(tenant_id=tenant_id, mails=list(beyond.values()))
        answers |= {number: answer for number, answer in zip(beyond, known, strict=True) if answer}
    answers |= dict(zip(mails, _submit(tenant_id, list(mails.values())), strict=True))
    for number, stack in spent.items():
        answer = answers[number]
        if not isinstance(answer, Accepted) or answer.repeated:
            # What was not written now is given back.
            with contextlib.suppress(_NotWritten):
                stack.__exit__(_NotWritten, _NotWritten(), None)
        else:
            stack.close()
    return [answers[number] for number in range(len(deliveries))]


class _NotWritten(Exception):
    """Ends a spending that bought nothing."""


def _read(delivery: Delivery) -> ReadMail:
    credential = delivery.credential
    options = RawOptions(
        stream=credential.stream,
        track_opens=credential.track_opens,
        track_clicks=credential.track_clicks,
        channel="smtp",
        smtp_credential_id=credential.credential_id,
        request_id=delivery.request_id,
        allowed_from=credential.allowed_from,
        notice=delivery.notice,
        bounce_notice=bool(credential.bounce_notice),
    )
    return read_mail(
        raw=delivery.raw,
        envelope_from=delivery.envelope_from,
        recipients=delivery.recipients,
        options=options,
        filled=fill_template(tenant_id=credential.tenant_id, raw=delivery.raw, options=options),
    )


def _spend(delivery: Delivery) -> contextlib.ExitStack:
    stack = contextlib.ExitStack()
    stack.enter_context(spending(delivery.credential, len(delivery.recipients)))
    return stack


def _submit(tenant_id: UUID, mails: list[ReadMail]) -> Sequence[Answer]:
    if not mails:
        return []
    try:
        return submit_read(tenant_id=tenant_id, mails=mails)
    except RelayError as error:
        return [error] * len(mails)
    except Exception as error:  # one of them may be what the database cannot take
        if len(mails) == 1:
            log.exception("a message could not be written")
            return [error]
    connection.close_if_unusable_or_obsolete()
    return [_submit(tenant_id, [mail])[0] for mail in mails]


def _taken(
    items: deque[tuple[Delivery, asyncio.Future[Accepted]]],
) -> list[tuple[Delivery, asyncio.Future[Accepted]]]:
    taken = [items.popleft()]
    size = len(taken[0][0].raw)
    while items and len(taken) < _TOGETHER and size + len(items[0][0].raw) <= _FULL:
        taken.append(items.popleft())
        size += len(taken[-1][0].raw)
    return taken


def _settle(future: asyncio.Future[Accepted], answer: Answer) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
        # Whoever left does not come for it.
        future.exception()
    else:
        future.set_result(answer)
