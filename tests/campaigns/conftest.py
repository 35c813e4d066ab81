"""An organization with a list and a verified domain, and ways to put things into them."""

import io
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Job, SendingDomain, Tenant
from accounts.services.tenants import create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import ContactList
from campaigns.services.imports import create_import, run_import

DATA = Path(__file__).resolve().parent.parent / "data"


@pytest.fixture(autouse=True)
def _kept_files_go_to_a_folder_of_the_test(settings, tmp_path: Path) -> None:
    settings.RELAY_DATA_DIR = tmp_path


@pytest.fixture
def tenant(db: None) -> Tenant:
    """Acme, with its legal sender block."""
    return create_tenant(
        slug="acme",
        name="Acme",
        actor=SYSTEM,
        locale="ja",
        legal_name="Acme K.K.",
        postal_address="1-2-3 Marunouchi, Tokyo",
        contact_address="support@acme.test",
    )


@pytest.fixture
def other_tenant(db: None) -> Tenant:
    """Somebody else."""
    return create_tenant(slug="globex", name="Globex", actor=SYSTEM)


@pytest.fixture
def mailing_list(tenant: Tenant) -> ContactList:
    """An empty list."""
    with tenant_scope(tenant.id):
        return ContactList.objects.create(tenant_id=tenant.id, name="News")


@pytest.fixture
def domain(tenant: Tenant) -> SendingDomain:
    """A domain that DNS has confirmed."""
    with tenant_scope(tenant.id):
        return SendingDomain.objects.create(
            tenant_id=tenant.id,
            name="news.acme.test",
            label="abcdefghij",
            state=SendingDomain.State.VERIFIED,
            verified_at=timezone.now(),
        )


@pytest.fixture
def load(tenant: Tenant, mailing_list: ContactList):
    """`load(data)` imports bytes or text into the list and returns the job."""

    def load(data: bytes | str, *, into: int | None = None) -> Job:
        content = data.encode() if isinstance(data, str) else data
        return run_import(tenant_id=tenant.id, import_id=upload(tenant.id, into or mailing_list.pk, content))

    return load


def upload(tenant_id: UUID, mailing_list_id: int, data: bytes, file_name: str = "contacts.csv") -> int:
    """Keeps `data` as an import that waits; returns its id."""
    return create_import(
        tenant_id=tenant_id,
        mailing_list_id=mailing_list_id,
        file_name=file_name,
        data=io.BytesIO(data),
        actor=SYSTEM,
    ).pk
