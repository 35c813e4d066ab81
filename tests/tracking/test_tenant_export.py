"""The export of an organization: every row of its own and nobody else's, in pieces of any size."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.jobs import result_path
from accounts.models import Job, Role, User
from accounts.services import job_runs
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from campaigns.services.contacts import save_contact
from tests.matrix.world import Organization, _organization
from tracking.services import export_parts
from tracking.services.tenant_export import start_export


@pytest.fixture
def acme(db: None, settings: Any, tmp_path: Path) -> Organization:
    settings.RELAY_DATA_DIR = tmp_path
    settings.RELAY_ZONE_SERVER = ""
    _organization("globex")
    return _organization("acme")


def exported(organization: Organization) -> tuple[Job, dict[str, list[dict[str, str]]]]:
    job = start_export(tenant_id=organization.id, organization="日の出", actor=SYSTEM)
    job_runs.run(tenant_id=organization.id, job_id=job.pk)
    with tenant_scope(organization.id):
        job.refresh_from_db()
    files = {}
    with zipfile.ZipFile(result_path(job.pk)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            text = archive.read(name).decode("utf-8-sig")
            files[name.removesuffix(".csv")] = list(csv.DictReader(io.StringIO(text)))
    return job, files


def test_everything_of_the_organization_is_in_it_and_nothing_of_others(acme: Organization) -> None:
    job, files = exported(acme)
    assert job.state == Job.State.DONE
    assert list(files) == [part.name for part in export_parts.PARTS]
    assert [row["email"] for row in files["contacts"]] == ["reader@acme-readers.test"]
    assert [row["name"] for row in files["campaigns"]] == ["Autumn"]
    assert [row["message_id"] for row in files["messages"]] == [acme.message]
    assert files["messages"][0]["submission_id"] == acme.submission
    assert files["subscriptions"][0]["email"] == "reader@acme-readers.test"
    assert "globex" not in str(files)
    assert job.counts == {name: len(rows) for name, rows in files.items()}
    assert job.result_name.startswith("日の出-")


def test_pieces_lose_and_repeat_no_row(acme: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_parts, "BATCH", 3)
    for number in range(10):
        save_contact(tenant_id=acme.id, email=f"n{number}@x.test", values={}, actor=SYSTEM)
    _job, files = exported(acme)
    ids = [int(row["contact_id"]) for row in files["contacts"]]
    assert len(ids) == 11
    assert ids == sorted(set(ids))


def test_the_page_says_what_comes_and_starts_it(acme: Organization) -> None:
    owner = User.objects.create_user("owner@people.test")
    add_member(tenant_id=acme.id, user=owner, role=Role.OWNER, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(owner)
    address = reverse("console:data_export", args=["acme"])
    assert "subscriptions.csv" in client.get(address).content.decode()
    answer = client.post(address)
    with tenant_scope(acme.id):
        job = Job.objects.get(kind="tenant_export")
    assert answer["Location"] == reverse("console:job", args=["acme", job.pk])
    assert client.post(address)["Location"] == answer["Location"]
