"""Bad and odd files: each is taken, mended or refused with a code, and nothing is half done."""

from typing import Any

import pytest
from django.db import connection

from accounts.models import Job, Tenant
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadImportFile, ImportNotWaiting, ListGone
from campaigns.models import Contact, ContactField, ContactImport, ContactList, ImportProblem
from campaigns.services import file_reading, imports
from campaigns.services.imports import kept_file, run_import
from relay_saas.web.errors import NotFound
from tests.campaigns.conftest import upload
from tests.campaigns.kinds import Load
from tests.cases.loader import Case, to_bytes
from tests.cases.loader import load as cases

#: What we decided for each case: accepted and refused rows, or the code of a file that is refused.
DECISIONS: dict[str, tuple[int, int] | str] = {
    "csv-001": (1, 0),
    "csv-002": (1, 0),
    "csv-003": (1, 0),
    "csv-004": (1, 0),
    "csv-006": "encoding_utf32",
    "csv-008": (1, 0),
    "csv-009": (1, 0),
    "csv-013": (1, 0),
    "csv-014": "encoding_unknown",
    "csv-015": (2, 0),
    "csv-018": "no_header",
    "csv-019": "no_rows",
    "csv-020": "file_empty",
    "csv-023": "duplicate_column",
    "csv-026": (1, 0),
    "csv-027": "header_too_long",
    "csv-028": "line_too_long",
    "csv-030": (1, 0),
    "csv-031": (0, 1),
    "csv-034": (1, 0),
    "csv-036": (1, 0),
    "csv-037": "unclosed_quote",
    "csv-039": (0, 1),
    "csv-041": (1, 0),
    "csv-043": (1, 0),
    "csv-044": (1, 0),
    "csv-046": (1, 0),
    "csv-047": (2, 1),
    "csv-049": "file_not_text",
}
CASES = [case for _, case in cases("csv_files") if case["id"] in DECISIONS]


def contact(tenant: Tenant, key: str) -> Contact:
    with tenant_scope(tenant.id):
        return Contact.objects.get(email_key=key)


def problems(tenant: Tenant) -> list[tuple[int, str, str]]:
    with tenant_scope(tenant.id):
        return list(ImportProblem.objects.order_by("line").values_list("line", "reason", "detail"))


def code_of(load: Load, data: bytes | str) -> str:
    with pytest.raises(BadImportFile) as refused:
        load(data)
    return refused.value.code


def test_every_case_with_given_bytes_is_decided() -> None:
    given = {case["id"] for _, case in cases("csv_files") if to_bytes(case["input"]) is not None}
    assert given == set(DECISIONS)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_file_of_the_cases_ends_as_decided(case: Case, load: Load) -> None:
    data, decision = to_bytes(case["input"]) or b"", DECISIONS[case["id"]]
    if isinstance(decision, str):
        assert code_of(load, data) == decision
    else:
        counts = load(data).counts
        assert (counts["accepted"], counts["rejected"]) == decision
        assert counts["accepted"] + counts["duplicates"] + counts["rejected"] == counts["rows"]


def test_a_refused_file_leaves_nothing_but_a_failed_job(tenant: Tenant, load: Load) -> None:
    code_of(load, 'email,shoe size\na@gmail.test,40\nb@gmail.test,"41\n')
    with tenant_scope(tenant.id):
        job = Job.objects.get()
        assert (job.state, job.error["code"]) == ("failed", "unclosed_quote")
        assert not Contact.objects.exists()
        assert not ContactField.objects.exists()
        assert not kept_file(ContactImport.objects.get().pk).exists()


def test_an_unclosed_quote_names_the_line_where_its_row_begins(load: Load) -> None:
    with pytest.raises(BadImportFile, match="line 3"):
        load('email,name\na@gmail.test,Ann\nb@gmail.test,"Bob\nc@gmail.test,Cy\n')


def test_utf16_without_its_mark_is_named(load: Load) -> None:
    assert code_of(load, "email,name\na@gmail.test,Ann\n".encode("utf-16-le")) == "encoding_utf16_unmarked"


def test_bytes_of_no_known_encoding_are_refused(load: Load) -> None:
    assert code_of(load, b"email,name\na@gmail.test,\xff\xff\xff\n") == "encoding_unknown"


def test_more_columns_than_allowed_are_refused(load: Load) -> None:
    header = "email," + ",".join(f"c{number}" for number in range(200))
    assert code_of(load, f"{header}\na@gmail.test\n") == "too_many_columns"


def test_a_file_without_an_address_column_says_so(load: Load) -> None:
    assert code_of(load, "name,city\nAnn,Oslo\n") == "no_email_column"


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MAX_BYTES", 20)
    assert code_of(load, "email,name\na@gmail.test,Ann\n") == "file_too_large"


def test_a_long_line_is_refused_without_being_read_whole(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_reading, "MAX_LINE", 100)
    assert code_of(load, "email,name\na@gmail.test," + "x" * 200 + "\n") == "line_too_long"


def test_the_line_of_a_problem_is_that_of_the_file(tenant: Tenant, load: Load) -> None:
    load('email,note\r\na@gmail.test,"one\r\ntwo\r\nthree"\r\n\r\nnobody,x\r\n')
    assert problems(tenant) == [(6, "address_no_at", "")]


def test_rows_of_delimiters_only_are_no_rows(load: Load) -> None:
    assert load("email,name\na@gmail.test,Ann\n,\n , \n").counts["rows"] == 1


def test_the_first_row_of_an_address_wins_even_when_it_is_refused_itself(tenant: Tenant, load: Load) -> None:
    load("email,登録日\na@gmail.test,2024/13/45\nA@GMAIL.TEST,2024-01-02\n")
    assert problems(tenant) == [(2, "bad_date", "登録日"), (3, "duplicate_in_file", "2")]


def test_full_width_addresses_are_put_right_and_counted(tenant: Tenant, load: Load) -> None:
    job = load("email\nａｎｎ＠ｇｍａｉｌ．ｔｅｓｔ\n bob@gmail.test\u3000\n")
    assert job.counts["normalised"] == 1
    assert contact(tenant, "ann@gmail.test").email == "ann@gmail.test"
    assert contact(tenant, "bob@gmail.test")


def test_addresses_that_need_smtputf8_are_kept_and_counted(tenant: Tenant, load: Load) -> None:
    assert load("email\n花子@例え.test\n").counts["smtputf8"] == 1
    assert contact(tenant, "花子@xn--r8jz45g.test").needs_smtputf8


def test_dots_in_a_row_are_quoted_for_the_carriers_that_gave_them_out(tenant: Tenant, load: Load) -> None:
    counts = load("email\nTaro..S@docomo.test\nann..b@gmail.test\n").counts
    assert counts["problems"] == {"address_bad_local": 1}
    assert contact(tenant, '"taro..s"@docomo.test').email == '"Taro..S"@docomo.test'


def test_a_formula_is_text_here(tenant: Tenant, load: Load) -> None:
    load('email,名\na@gmail.test,"=HYPERLINK(""http://evil.test"")"\n')
    assert contact(tenant, "a@gmail.test").attrs == {"first_name": '=HYPERLINK("http://evil.test")'}


def test_fields_without_a_column_keep_their_values(tenant: Tenant, load: Load) -> None:
    load("email,first_name,city\na@gmail.test,Ann,Oslo\n")
    assert load("email,city\na@gmail.test,\n").counts["updated"] == 1
    assert contact(tenant, "a@gmail.test").attrs == {"first_name": "Ann"}


def test_a_known_field_decides_how_its_column_is_read(tenant: Tenant, load: Load) -> None:
    with tenant_scope(tenant.id):
        ContactField.objects.create(tenant_id=tenant.id, key="vip", label="VIP 会員", kind="boolean")
    counts = load("email,VIP会員\na@gmail.test,はい\nb@gmail.test,maybe\n").counts
    assert contact(tenant, "a@gmail.test").attrs == {"vip": True}
    assert counts["problems"] == {"bad_boolean": 1}


def test_unknown_columns_become_text_fields_and_are_found_again(tenant: Tenant, load: Load) -> None:
    text = "email,__class__,{{x}},備考,Member No.\na@gmail.test,1,2,3,004\n"
    load(text)
    assert contact(tenant, "a@gmail.test").attrs == {
        "class": "1",
        "x": "2",
        "field_1": "3",
        "member_no": "004",
    }
    assert load(text).counts["updated"] == 0
    with tenant_scope(tenant.id):
        assert ContactField.objects.count() == 4


def test_the_same_people_on_another_list_are_the_same_contacts(tenant: Tenant, load: Load) -> None:
    load("email\na@gmail.test\n")
    with tenant_scope(tenant.id):
        other = ContactList.objects.create(tenant_id=tenant.id, name="Other")
    counts = load("email\na@gmail.test\n", into=other.pk).counts
    assert (counts["new"], counts["unchanged"], counts["subscribed"]) == (0, 1, 1)


def test_an_import_runs_once(tenant: Tenant, mailing_list: ContactList) -> None:
    import_id = upload(tenant.id, mailing_list.pk, b"email\na@gmail.test\n")
    run_import(tenant_id=tenant.id, import_id=import_id)
    with pytest.raises(ImportNotWaiting):
        run_import(tenant_id=tenant.id, import_id=import_id)


def test_an_import_that_was_cut_off_is_run_again_and_whole(
    tenant: Tenant, mailing_list: ContactList, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = upload(tenant.id, mailing_list.pk, b"email\na@gmail.test\nb@gmail.test\n")

    def cut(*_: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(imports, "merge_staging", cut)
        with pytest.raises(ConnectionError):
            run_import(tenant_id=tenant.id, import_id=import_id)
    with tenant_scope(tenant.id):
        assert Job.objects.get().error["code"] == "import_interrupted"
    assert run_import(tenant_id=tenant.id, import_id=import_id).counts["new"] == 2


def test_nothing_is_left_in_the_session(load: Load) -> None:
    load("email\na@gmail.test\n")
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('pg_temp.import_staging')")
        assert cursor.fetchone()[0] is None


def test_another_tenants_list_and_import_do_not_exist(
    tenant: Tenant, other_tenant: Tenant, mailing_list: ContactList
) -> None:
    with pytest.raises(ListGone):
        upload(other_tenant.id, mailing_list.pk, b"email\n")
    import_id = upload(tenant.id, mailing_list.pk, b"email\na@gmail.test\n")
    with pytest.raises(NotFound):
        run_import(tenant_id=other_tenant.id, import_id=import_id)


@pytest.mark.parametrize("name", ["../../../../tmp/x.csv", 'a"\r\nX: 1.csv', "x" * 500])
def test_a_file_name_is_shown_in_one_line_and_never_a_path(
    tenant: Tenant, mailing_list: ContactList, name: str
) -> None:
    import_id = upload(tenant.id, mailing_list.pk, b"email\na@gmail.test\n", file_name=name)
    with tenant_scope(tenant.id):
        shown = ContactImport.objects.get(pk=import_id).file_name
    assert len(shown) <= 200
    assert not {"/", "\r", "\n"} & set(shown)
    assert kept_file(import_id).name == f"{import_id}.upload"
