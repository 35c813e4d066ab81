"""An organization with a list and a verified domain, and ways to put things into them."""

import io
from pathlib import Path
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.audit import SYSTEM
from accounts.models import Job, Role, SendingDomain, Tenant, User
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactList
from campaigns.services.campaigns import CampaignDraft, create_campaign
from campaigns.services.imports import create_import, run_import
from campaigns.services.launch import request_launch
from tests.campaigns.kinds import Load, Write
from tests.campaigns.wizard import Wizard

HTML = (
    '<html><body><p>Hello {{ contact.first_name | default: "you" }}</p>'
    '<p><a href="https://shop.acme.test/new?m={{ contact.email | url_encode }}">News</a></p>'
    "<p>{{ sender.legal_name }}, {{ sender.postal_address }}, {{ sender.contact_address }}</p>"
    '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>'
)
PEOPLE = "email,first_name\nann@gmail.test,Ann\nbob@gmail.test,Bob\n"

DATA = Path(__file__).resolve().parent.parent / "data"


@pytest.fixture(autouse=True)
def _kept_files_go_to_a_folder_of_the_test(settings: Settings, tmp_path: Path) -> None:
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
def load(tenant: Tenant, mailing_list: ContactList) -> Load:
    """`load(data)` imports bytes or text into the list and returns the job."""

    def load(data: bytes | str, *, into: int | None = None) -> Job:
        content = data.encode() if isinstance(data, str) else data
        return run_import(tenant_id=tenant.id, import_id=upload(tenant.id, into or mailing_list.pk, content))

    return load


@pytest.fixture
def wizard(tenant: Tenant, mailing_list: ContactList) -> Wizard:
    """A marketer at the import wizard."""
    user = User.objects.create_user("alice@acme.test")
    add_member(tenant_id=tenant.id, user=user, role=Role.MARKETER, actor=SYSTEM)
    client = Client()
    client.force_login(user)
    return Wizard(client, tenant.id, mailing_list.pk)


@pytest.fixture
def write(tenant: Tenant, mailing_list: ContactList) -> Write:
    """`write(subject="…")` makes a draft that passes every check but for what it is told."""

    def write(**changes: str) -> Campaign:
        values = {
            "name": "Spring",
            "from_address": "hello@news.acme.test",
            "subject": "Hello {{ contact.first_name }}",
            "preheader": "News of spring",
            "markup": "html",
            "html_source": HTML,
        }
        draft = CampaignDraft(mailing_list_id=mailing_list.pk, **(values | changes))
        return create_campaign(tenant_id=tenant.id, draft=draft, actor=SYSTEM)

    return write


@pytest.fixture
def draft(load: Load, domain: SendingDomain, write: Write) -> Campaign:
    """A draft for Ann and Bob that may be launched."""
    load(PEOPLE)
    return write()


@pytest.fixture
def sending(tenant: Tenant, draft: Campaign) -> Campaign:
    """A campaign as it stands once delivery has written its messages."""
    request_launch(tenant_id=tenant.id, campaign_id=draft.pk, actor=SYSTEM)
    with tenant_scope(tenant.id):
        Campaign.objects.filter(pk=draft.pk).update(state=Campaign.State.SENDING)
    return draft


def upload(tenant_id: UUID, mailing_list_id: int, data: bytes, file_name: str = "contacts.csv") -> int:
    """Keeps `data` as an import that waits; returns its id."""
    return create_import(
        tenant_id=tenant_id,
        mailing_list_id=mailing_list_id,
        file_name=file_name,
        data=io.BytesIO(data),
        actor=SYSTEM,
    ).pk
