"""The import as a person walks it: four steps, ways back, stopping, undoing."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEvent, Job, Role, Tenant
from accounts.services import job_runs
from accounts.tenancy import tenant_scope
from campaigns.models import (
    Contact,
    ContactField,
    Subscription,
)
from campaigns.services.imports import kept_file
from tests.campaigns.conftest import DATA
from tests.campaigns.kinds import Load
from tests.campaigns.test_views import person
from tests.campaigns.wizard import TWO, Wizard, codes, emails, page, work


def test_a_file_goes_through_all_steps(tenant: Tenant, wizard: Wizard) -> None:
    counts = wizard.walk((DATA / "contacts-messy-shiftjis.csv").read_bytes(), "顧客.csv")
    assert (counts["rows"], counts["new"], counts["duplicates"], counts["rejected"]) == (2000, 1713, 87, 200)
    assert wizard.row.findings["counts"] == counts
    assert len(wizard.row.findings["rows"]) == 20
    assert not kept_file(wizard.id).exists()
    result = wizard.get("import").content.decode()
    assert "people joined the list" in result
    assert "1,713" in result
    assert "errors.csv" in result


def test_the_check_writes_nothing_and_names_the_bad_rows(tenant: Tenant, wizard: Wizard) -> None:
    wizard.upload(b"email,shoe size\nann@gmail.test,40\nnobody,41\nANN@gmail.test,42\n")
    wizard.map()
    shown = wizard.get("import_check").content.decode()
    assert "The e-mail address has no @." in shown
    assert "The same address stands on line 2 already." in shown
    assert emails(tenant) == set()
    with tenant_scope(tenant.id):
        assert not ContactField.objects.exists()


def test_the_check_foresees_what_the_import_does(tenant: Tenant, wizard: Wizard, load: Load) -> None:
    load(TWO)
    data = b"email,first_name\nann@gmail.test,Anna\nbob@gmail.test,Bob\ncy@gmail.test,Cy\n"
    counts = wizard.walk(data)
    assert wizard.row.findings["counts"] == counts
    assert [counts[name] for name in ("new", "updated", "unchanged", "subscribed")] == [1, 1, 1, 1]


def test_nothing_begins_without_file_list_and_consent(wizard: Wizard) -> None:
    answer = wizard.client.post(page("import_new"), {"mailing_list": "new"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"file", "new_list", "consent"}


def test_other_consent_is_explained_and_kept(tenant: Tenant, wizard: Wizard) -> None:
    assert wizard.upload(TWO, consent="other").context["form"].errors.keys() == {"consent_note"}
    wizard.upload(TWO, consent="other", consent_note="Fair of May")
    assert (wizard.row.consent, wizard.row.consent_note) == ("other", "Fair of May")
    with tenant_scope(tenant.id):
        changes = AuditEvent.objects.get(verb="uploaded").changes
    assert changes["consent_note"] == "Fair of May"


def test_pasted_rows_are_a_file_and_a_new_list_is_made(tenant: Tenant, wizard: Wizard) -> None:
    values = {
        "text": "メール\t名\r\nann@gmail.test\t花子\r\n",
        "mailing_list": "new",
        "new_list": "夏の会",
        "consent": "event",
    }
    answer = wizard.client.post(page("import_new"), values)
    wizard.id = int(answer["Location"].split("/")[-3])
    assert wizard.row.delimiter == "\t"
    assert wizard.row.mailing_list.name == "夏の会"
    wizard.map()
    wizard.start()
    assert emails(tenant) == {"ann@gmail.test"}


def test_a_file_and_pasted_rows_at_once_are_refused(wizard: Wizard) -> None:
    assert "text" in wizard.upload(TWO, text="email\n").context["form"].errors


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16"])
def test_the_encoding_is_found_and_shown(wizard: Wizard, encoding: str) -> None:
    wizard.upload("メール,名前\nann@gmail.test,山田 花子\n".encode(encoding))
    shown = wizard.get("import_file")
    assert shown.context["form"]["encoding"].initial == encoding
    assert "山田 花子" in shown.content.decode()


def test_another_encoding_and_delimiter_may_be_chosen(wizard: Wizard) -> None:
    wizard.upload("メール;名,字\nann@gmail.test;花,子\nbob@gmail.test;太,郎\n".encode("cp932"))
    reading = {"encoding": "cp932", "delimiter": "semicolon", "has_header": "on", "go": "next"}
    assert wizard.press("import_file", **reading)["Location"] == page("import_map", wizard.id)
    assert wizard.row.columns == ["メール", "名,字"]
    wrong = wizard.press("import_file", **(reading | {"encoding": "utf-8"}))
    assert wrong.status_code == 422
    assert "encoding_does_not_fit" in codes(wrong)
    assert wizard.row.encoding == "cp932"


def test_a_file_without_names_loses_no_row(tenant: Tenant, wizard: Wizard) -> None:
    wizard.upload(b"Ann,ann@gmail.test\nBob,bob@gmail.test\n")
    assert not wizard.row.has_header
    guessed = wizard.guessed()
    assert (guessed["target_0"], guessed["target_1"]) == ("", "email")
    wizard.map(target_0="+", label_0="First name")
    wizard.start()
    assert emails(tenant) == {"ann@gmail.test", "bob@gmail.test"}
    with tenant_scope(tenant.id):
        assert Contact.objects.get(email_key="ann@gmail.test").attrs == {"first_name": "Ann"}


def test_columns_are_skipped_chosen_and_made_as_a_person_says(tenant: Tenant, wizard: Wizard) -> None:
    with tenant_scope(tenant.id):
        ContactField.objects.create(tenant_id=tenant.id, key="city", label="City")
    wizard.upload(b"contact,town,size,secret\nann@gmail.test,Oslo,40,x\n")
    assert wizard.guessed()["target_0"] == "email"
    wizard.map(
        target_1="city",
        target_2="+",
        label_2="Shoe size",
        kind_2="number",
        target_3="",
        label_3="",
        kind_3="",
    )
    wizard.start()
    with tenant_scope(tenant.id):
        assert Contact.objects.get().attrs == {"city": "Oslo", "shoe_size": 40}
        assert ContactField.objects.get(key="shoe_size").label == "Shoe size"


def test_a_field_never_takes_a_name_of_the_merge_language(tenant: Tenant, wizard: Wizard) -> None:
    wizard.walk(b"email,size\nann@gmail.test,40\n")
    with tenant_scope(tenant.id):
        assert ContactField.objects.get().key == "size_2"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"target_1": "email"}, "target_1"),
        ({"target_0": ""}, "__all__"),
        ({"label_1": " "}, "label_1"),
        ({"label_1": "City!"}, "label_1"),
        ({"target_1": "nonsense"}, "target_1"),
        ({"kind_1": "nonsense"}, "kind_1"),
        ({"label_2": "First-Name"}, "label_2"),
    ],
)
def test_contradictions_are_named_at_their_column_and_keep_the_input(
    tenant: Tenant, wizard: Wizard, changes: dict[str, str], where: str
) -> None:
    with tenant_scope(tenant.id):
        ContactField.objects.create(tenant_id=tenant.id, key="city", label="City")
    wizard.upload(b"email,first name,other\nann@gmail.test,Ann,x\n")
    answer = wizard.map(**changes)
    assert answer.status_code == 422
    assert where in answer.context["form"].errors
    assert wizard.row.plan == []


def test_other_columns_mean_another_check(wizard: Wizard) -> None:
    wizard.upload(TWO)
    wizard.map()
    assert wizard.row.findings
    wizard.press("import_map", **(wizard.guessed() | {"target_1": ""}))
    assert wizard.row.findings is None
    assert "import_not_checked" in codes(wizard.client.post(page("import_start", wizard.id), follow=True))


def test_a_double_click_imports_once(tenant: Tenant, wizard: Wizard) -> None:
    wizard.upload(TWO)
    wizard.map()
    for _ in range(2):
        assert wizard.press("import_start")["Location"] == page("import", wizard.id)
    work(tenant.id)
    wizard.press("import_start")
    with tenant_scope(tenant.id):
        assert Job.objects.filter(kind="contact_import").count() == 1


def test_the_same_file_twice_at_once_brings_each_address_once(tenant: Tenant, wizard: Wizard) -> None:
    other = Wizard(wizard.client, tenant.id, wizard.list_id)
    for one in (wizard, other):
        one.upload(TWO)
        one.map()
        one.press("import_start")
    work(tenant.id)
    assert [one.row.result["new"] for one in (wizard, other)] == [2, 0]
    with tenant_scope(tenant.id):
        assert Contact.objects.count() == Subscription.objects.count() == 2


def test_the_errors_file_comes_in_two_encodings_and_the_language_of_the_person(wizard: Wizard) -> None:
    wizard.walk("メール,=名\nnobody,=1+1 髙\n".encode())
    plain = wizard.client.get(page("import_errors", wizard.id), headers={"Accept-Language": "ja"})
    text = b"".join(plain).decode("utf-8-sig")
    assert text.splitlines()[0] == "メール,'=名,line,reason"
    assert "'=1+1 髙,2,メールアドレスに" in text
    assert 'filename="import-' in plain["Content-Disposition"]
    shift_jis = wizard.client.get(page("import_errors", wizard.id), {"encoding": "cp932"})
    assert "=1+1 髙" in b"".join(shift_jis).decode("cp932")


def test_past_imports_are_listed_with_their_result(tenant: Tenant, wizard: Wizard) -> None:
    assert "Nothing was imported yet" in wizard.client.get(page("imports")).content.decode()
    wizard.walk(TWO, "spring.csv")
    wizard.upload(TWO, "draft.csv")
    shown = wizard.client.get(page("imports")).content.decode()
    for words in ("spring.csv", "draft.csv", "Done", "Not started"):
        assert words in shown


def test_an_analyst_imports_nothing(tenant: Tenant, wizard: Wizard) -> None:
    wizard.upload(TWO)
    wizard.client = person(tenant, "bob", Role.ANALYST)
    for name in ("import_file", "import_map", "import_check", "import", "import_errors"):
        assert wizard.get(name).status_code == 403


def test_pages_ask_few_questions(wizard: Wizard, django_assert_max_num_queries: object) -> None:
    wizard.walk(TWO)
    done = wizard.id
    wizard.upload(TWO)
    wizard.map()
    asked = django_assert_max_num_queries
    for name, import_id in (
        ("import_file", wizard.id),
        ("import_map", wizard.id),
        ("import_check", wizard.id),
        ("import", done),
    ):
        with asked(20):  # type: ignore[operator]
            assert wizard.client.get(page(name, import_id)).status_code == 200
    with asked(20):  # type: ignore[operator]
        assert wizard.client.get(page("imports")).status_code == 200


def test_a_failed_check_says_why_and_leads_back(tenant: Tenant, wizard: Wizard) -> None:
    rows = "".join(f"a{number}@gmail.test,x\n" for number in range(10))
    wizard.upload(f'email,name\n{rows}b@gmail.test,"Bob\nc@gmail.test,Cy\n'.encode())
    wizard.map()
    shown = wizard.get("import_check")
    assert "unclosed_quote" in codes(shown)
    assert "line 12" in shown.content.decode()
    assert wizard.get("import_file").status_code == 200
    assert emails(tenant) == set()


def test_the_command_and_the_worker_do_not_meet(tenant: Tenant, load: Load) -> None:
    job = load(TWO)
    job_runs.run(tenant_id=tenant.id, job_id=job.pk)
    with tenant_scope(tenant.id):
        assert Job.objects.get(pk=job.pk).counts == job.counts


def test_a_signed_out_person_is_sent_to_sign_in(wizard: Wizard) -> None:
    answer = Client().post(page("import_new"), {"file": SimpleUploadedFile("x.csv", TWO)})
    assert answer["Location"].startswith("/accounts/login/")
