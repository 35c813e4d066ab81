"""Exports, suppressions from a file, a field that goes: started on a page, run as jobs."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.jobs import result_path
from accounts.models import Job, Role, Tenant
from accounts.services import job_runs
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, ContactField, ContactList, Suppression
from campaigns.services import exports, field_deletion
from campaigns.services.contacts import save_contact
from campaigns.services.suppression import suppress
from tests.campaigns.kinds import Load
from tests.campaigns.test_views import person

PEOPLE = "email,姓,名,会社名\nann@gmail.test,Lee,Ann,=cmd()\nhanako@docomo.test,佐藤,花子,髙島屋\n"


@pytest.fixture
def marketer(tenant: Tenant) -> Client:
    client = person(tenant, "alice", Role.MARKETER)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def done(tenant: Tenant) -> Job:
    """Runs the newest job to its end."""
    with tenant_scope(tenant.pk):
        job = Job.objects.latest("id")
    job_runs.run(tenant_id=tenant.pk, job_id=job.pk)
    with tenant_scope(tenant.pk):
        return Job.objects.get(pk=job.pk)


def start(client: Client, name: str, **data: object) -> None:
    answer = client.post(reverse(f"campaigns:{name}", args=["acme"]), data)
    assert answer.status_code == 302, answer.content.decode()
    assert "/jobs/" in answer["Location"]


def rows_of(job: Job, encoding: str = "utf-8-sig") -> list[list[str]]:
    text = result_path(job.pk).read_bytes().decode(encoding)
    return list(csv.reader(io.StringIO(text, newline="")))


def test_contacts_are_exported_with_lists_and_without_formulas(
    marketer: Client, tenant: Tenant, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH", 1)
    load(PEOPLE)
    start(marketer, "contacts_export")
    job = done(tenant)
    assert (job.state, job.counts["rows"]) == ("done", 2)
    assert result_path(job.pk).read_bytes().startswith(b"\xef\xbb\xbf")
    head, ann, hanako = rows_of(job)
    assert head[:4] == ["email", "姓", "名", "会社名"]
    assert ann[:5] == ["ann@gmail.test", "Lee", "Ann", "'=cmd()", "News"]
    assert hanako[1:5] == ["佐藤", "花子", "髙島屋", "News"]


def test_a_search_is_exported_in_shift_jis(
    marketer: Client, tenant: Tenant, mailing_list: ContactList, load: Load
) -> None:
    load(PEOPLE)
    start(marketer, "contacts_export", q="佐", list=mailing_list.pk, encoding="cp932")
    job = done(tenant)
    assert [row[0] for row in rows_of(job, "cp932")[1:]] == ["hanako@docomo.test"]
    assert job.title == "News"


def test_every_filter_exports_what_the_page_shows(marketer: Client, tenant: Tenant, load: Load) -> None:
    load(PEOPLE)
    save_contact(tenant_id=tenant.pk, email="alone@gmail.test", values={}, actor=SYSTEM)
    key = {"scope": Suppression.Scope.ALL, "reason": Suppression.Reason.MANUAL}
    suppress(tenant_id=tenant.pk, email_key="alone@gmail.test", **key)
    for asked, emails in (
        ({"state": "suppressed"}, ["alone@gmail.test"]),
        ({"state": "subscribed"}, ["ann@gmail.test", "hanako@docomo.test"]),
        ({"state": "unsubscribed"}, []),
        ({"q": "ALONE@"}, ["alone@gmail.test"]),
    ):
        start(marketer, "contacts_export", **asked)
        assert [row[0] for row in rows_of(done(tenant))[1:]] == emails


def test_suppressions_are_exported(marketer: Client, tenant: Tenant) -> None:
    suppress(
        tenant_id=tenant.pk,
        email_key="ann@gmail.test",
        scope=Suppression.Scope.ALL,
        reason=Suppression.Reason.BOUNCED,
        detail="-550 5.1.1",
    )
    start(marketer, "suppressions_export")
    rows = rows_of(done(tenant))
    assert rows[1][:4] == ["ann@gmail.test", "Undeliverable", "All mail", "'-550 5.1.1"]


@pytest.mark.parametrize(
    "data",
    [
        b"ann@gmail.test\nnobody\nBOB@gmail.test\n",
        "名前,メールアドレス\n山田,ann@gmail.test\n佐藤,nobody\n鈴木,bob@gmail.test\n".encode("cp932"),
    ],
    ids=["one a line", "a column of a Japanese file"],
)
def test_a_file_of_opt_outs_is_taken_and_the_rest_told(marketer: Client, tenant: Tenant, data: bytes) -> None:
    file = SimpleUploadedFile("退会者.csv", data, "text/csv")
    start(marketer, "suppressions_import", file=file, scope="marketing", detail="old service")
    job = done(tenant)
    assert (job.state, job.counts) == ("done", {"added": 2, "there": 0, "refused": 1})
    assert rows_of(job)[1][1:] == ["nobody", "The e-mail address has no @."]
    with tenant_scope(tenant.pk):
        keys = Suppression.objects.filter(detail="old service").values_list("email_key", flat=True)
        assert set(keys) == {"ann@gmail.test", "bob@gmail.test"}
        assert not Contact.objects.exists()


def test_a_file_that_is_no_text_is_refused_on_the_page(marketer: Client, tenant: Tenant) -> None:
    file = SimpleUploadedFile("list.xlsx", b"PK\x03\x04" + bytes(100))
    address = reverse("campaigns:suppressions_import", args=["acme"])
    answer = marketer.post(address, {"file": file, "scope": "marketing", "detail": "x"})
    assert answer.status_code == 422
    assert "(file_not_text)" in answer.content.decode()
    with tenant_scope(tenant.pk):
        assert not Job.objects.exists()


def test_a_deleted_field_takes_its_values_along(
    marketer: Client, tenant: Tenant, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(field_deletion, "BATCH", 1)
    load(PEOPLE)
    with tenant_scope(tenant.pk):
        field = ContactField.objects.get(key="company")
    answer = marketer.post(reverse("campaigns:field_delete", args=["acme", field.pk]))
    assert "/jobs/" in answer["Location"]
    assert done(tenant).counts == {"values": 2}
    with tenant_scope(tenant.pk):
        assert not ContactField.objects.filter(key="company").exists()
        assert all(set(one.attrs) == {"first_name", "last_name"} for one in Contact.objects.all())
