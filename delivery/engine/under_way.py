"""What is being sent at this moment, and what has been said against it since it was claimed."""

from uuid import UUID

from delivery.engine.job import Job
from relay_saas.mail.smtp.outcome import Veto


class UnderWay:
    """Of one run. A message can be stopped until DATA is written, and until its final dot by closing."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, Job] = {}
        self._stopped: dict[UUID, str] = {}

    @property
    def jobs(self) -> list[Job]:
        """From the moment at which they are taken to compose them until their outcome."""
        return list(self._jobs.values())

    def begin(self, job: Job) -> None:
        """It is about to be composed."""
        self._jobs[job.message_id] = job

    def end(self, job: Job) -> None:
        """It is not on the wire any more."""
        del self._jobs[job.message_id]
        self._stopped.pop(job.message_id, None)

    def stop(self, message_id: UUID, reason: str) -> None:
        """It must not go out any more; nothing where it is not under way."""
        if message_id in self._jobs:
            self._stopped[message_id] = reason

    def reason(self, job: Job) -> str:
        """Why it must not go out; "" where nothing stands against it."""
        return self._stopped.get(job.message_id, "")

    def look(self, job: Job) -> None:
        """Raises Veto where it must not go out."""
        if reason := self.reason(job):
            raise Veto(reason)
