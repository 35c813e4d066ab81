"""Hears that a job waits (only enqueues; a sweeper finds what is missed) and that somebody signs in."""

from typing import Any
from uuid import UUID

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from accounts.jobs import job_waits
from accounts.models import User
from accounts.services.people import remember_language
from accounts.tasks import run_job


def on_job_waits(*, tenant_id: UUID, job_id: int, **_: Any) -> None:
    """Hands the job to a worker."""
    run_job.delay(str(tenant_id), job_id)


def on_sign_in(*, request: HttpRequest, user: User, **_: Any) -> None:
    """The language of the page is the one that mail should have."""
    # Only a request that passed LocaleMiddleware tells what its person reads.
    language: str = getattr(request, "LANGUAGE_CODE", "")
    if language:
        remember_language(user_id=user.pk, language=language)


def connect() -> None:
    """Called once when the app is ready."""
    user_logged_in.connect(on_sign_in, dispatch_uid="accounts")
    job_waits.connect(on_job_waits, dispatch_uid="accounts")
