"""Single mails that several threads bring at once are written in one transaction.

Who comes while another thread writes waits; then the first of those who wait writes for all of them. A mail
that comes alone is written at once: nothing waits for company.
"""

import logging
import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from delivery.services.submission import Accepted, SenderCheck, submit_many
from delivery.services.submission_spec import SubmissionSpec
from relay_saas.web.errors import RelayError

log = logging.getLogger(__name__)

Answer = Accepted | Exception


@dataclass(slots=True, eq=False)
class _Mail:
    """One mail; its thread waits until there is an answer, or its turn to write."""

    spec: SubmissionSpec
    woken: threading.Event = field(default_factory=threading.Event)
    #: What it writes, itself among them.
    turn: "Sequence[_Mail]" = ()
    answer: Answer | None = None


class Together:
    """One a process; it holds as many mails as there are threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Who waits while one writes; no entry where nobody writes.
        self._lines: dict[Hashable, list[_Mail]] = {}

    def submit(
        self, *, line: Hashable, tenant_id: UUID, spec: SubmissionSpec, check_sender: SenderCheck
    ) -> Accepted:
        """What was committed. Mails of one `line` share everything but `spec`; outside any transaction.

        Raises what delivery.services.submission.submit raises.
        """
        mail = _Mail(spec)
        self._line_up(line, mail)
        mail.woken.wait()
        if mail.turn:
            try:
                answers = _written(tenant_id, [one.spec for one in mail.turn], check_sender)
            finally:
                self._pass_on(line)
            for one, answer in zip(mail.turn, answers, strict=True):
                one.answer = answer
                one.woken.set()
        if isinstance(mail.answer, Accepted):
            return mail.answer
        raise mail.answer or RuntimeError("woken without an answer")

    def _line_up(self, line: Hashable, mail: _Mail) -> None:
        with self._lock:
            waiting = self._lines.get(line)
            if waiting is not None:
                waiting.append(mail)
                return
            self._lines[line] = []
        mail.turn = [mail]
        mail.woken.set()

    def _pass_on(self, line: Hashable) -> None:
        with self._lock:
            waiting = self._lines.pop(line)
            if not waiting:
                return
            self._lines[line] = []
        waiting[0].turn = waiting
        waiting[0].woken.set()


def _written(tenant_id: UUID, specs: list[SubmissionSpec], check_sender: SenderCheck) -> Sequence[Answer]:
    """Each one's answer; what the database cannot take of one does not cost the others theirs."""
    try:
        return submit_many(tenant_id=tenant_id, specs=specs, check_sender=check_sender)
    except Exception as error:  # their threads raise it
        if len(specs) == 1 or isinstance(error, RelayError):
            return [error] * len(specs)
        log.exception("%s mails could not be written together", len(specs))
    connection.close_if_unusable_or_obsolete()
    return [_written(tenant_id, [spec], check_sender)[0] for spec in specs]
