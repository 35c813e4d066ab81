"""A job whose worker is killed: the lock ends with the process, and another worker does the work."""

import os
import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import jobs as registry
from accounts.audit import SYSTEM
from accounts.jobs import JobKind, register
from accounts.models import Job
from accounts.services import job_runs
from accounts.services.jobs import create
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from tests.integration.waiting import until

pytestmark = pytest.mark.usefixtures("committed")
ROOT = Path(__file__).resolve().parents[2]
#: A worker that begins the job and never ends it.
STUCK = """
import sys, time, uuid, django
django.setup()
from accounts.jobs import JobKind, register
from accounts.services import job_runs
register(JobKind(name="stuck", label="", run=lambda job: time.sleep(600)))
job_runs.run(tenant_id=uuid.UUID(sys.argv[1]), job_id=int(sys.argv[2]))
"""


def test_a_killed_worker_costs_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_kinds", {})
    register(JobKind(name="stuck", label="", run=lambda _job: {"rows": 1}))
    tenant = create_tenant(slug=f"t{secrets.token_hex(6)}", name="Acme", actor=SYSTEM)
    job = create(tenant_id=tenant.pk, kind="stuck", title="", actor=SYSTEM)

    def state(**values: object) -> str:
        with tenant_scope(tenant.pk):
            if values:
                Job.objects.filter(pk=job.pk).update(**values)
            return Job.objects.get(pk=job.pk).state

    command = [sys.executable, "-c", STUCK, str(tenant.pk), str(job.pk)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "relay_saas.settings"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        until(lambda: state() == Job.State.RUNNING, seconds=30, what="the job to be begun")
        state(heartbeat_at=timezone.now() - timedelta(minutes=1))
        job_runs.run(tenant_id=tenant.pk, job_id=job.pk)
        assert state() == Job.State.RUNNING
    finally:
        process.kill()
        process.wait()
    assert job_runs.waiting() == [(tenant.pk, job.pk)]

    def done() -> bool:
        job_runs.run(tenant_id=tenant.pk, job_id=job.pk)
        return state() == Job.State.DONE

    until(done, seconds=10, what="the lock of the dead worker to be gone")
    assert job_runs.waiting() == []
