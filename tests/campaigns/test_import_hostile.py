"""Bad and odd files at the wizard: the case table, archives, hostile names, uploads that were cut off."""

import gzip
import io
import zipfile

import pytest
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.models import Role, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, ContactImport, ContactList
from campaigns.services.imports import kept_file
from tests.campaigns.test_import_files import CASES, DECISIONS
from tests.campaigns.test_views import person
from tests.campaigns.wizard import Wizard, codes, page
from tests.cases.loader import Case, to_bytes

#: Where the wizard decides otherwise than the command: a person sees the columns and can say more.
AT_THE_WIZARD: dict[str, tuple[int, int] | str] = {
    # The first row holds addresses: it is a row like the others.
    "csv-018": (2, 0),
}
MARKED = "<img src=x onerror=alert(1)>"


def refused_with(wizard: Wizard, data: bytes, name: str = "contacts.csv") -> str:
    """The code with which a file is refused, at whichever step."""
    answer = wizard.upload(data, name)
    if answer.status_code == 422:
        with tenant_scope(wizard.tenant_id):
            assert not ContactImport.objects.exists()
        return codes(answer).pop()
    answer = wizard.map()
    if answer.status_code == 422:
        return "duplicate_column"
    return str(wizard.row.check_job.error["code"])


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_file_of_the_cases_ends_as_decided(case: Case, wizard: Wizard) -> None:
    data = to_bytes(case["input"]) or b""
    decision = AT_THE_WIZARD.get(case["id"], DECISIONS[case["id"]])
    if isinstance(decision, str):
        assert refused_with(wizard, data) == decision
        return
    counts = wizard.walk(data)
    assert (counts["accepted"], counts["rejected"]) == decision
    assert counts["accepted"] + counts["duplicates"] + counts["rejected"] == counts["rows"]
    for name in ("import", "imports", "import_errors"):
        answer = wizard.client.get(page(name, *([wizard.id] if name != "imports" else [])))
        assert answer.status_code == 200


def archive(*, deep: int = 0, link: bool = False) -> bytes:
    """A zip: of zeros, nested, or of a symbolic link."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        entry = zipfile.ZipInfo("link" if link else "a.csv")
        entry.external_attr = (0o120777 if link else 0o100644) << 16
        packed.writestr(
            entry, "/etc/passwd" if link else archive(deep=deep - 1) if deep else bytes(1_000_000)
        )
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(archive(), "x.zip", id="csv-052"),
        pytest.param(archive(deep=5), "x.csv", id="csv-053"),
        pytest.param(gzip.compress(bytes(5_000_000)), "x.csv.gz", id="csv-054"),
        pytest.param(archive(link=True), "x.csv", id="csv-057"),
        pytest.param(archive(), "x.xlsx", id="xlsx"),
    ],
)
def test_archives_are_never_unpacked(wizard: Wizard, data: bytes, name: str) -> None:
    assert refused_with(wizard, data, name) == "file_not_text"


def test_a_compressed_body_is_not_unpacked(wizard: Wizard) -> None:
    """csv-055."""
    body = gzip.compress(bytes(5_000_000))
    answer = wizard.client.generic(
        "POST", page("import_new"), body, MULTIPART_CONTENT, headers={"Content-Encoding": "gzip"}
    )
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize("name", ["../../../../tmp/x.csv", 'a"\r\nX: 1.csv', f"{MARKED}.csv", "x" * 300])
def test_a_file_name_is_only_shown(wizard: Wizard, name: str) -> None:
    """csv-058, csv-059."""
    wizard.walk(b"email\nann@gmail.test\nnobody\n", name)
    assert "/" not in wizard.row.file_name
    for shown in (wizard.get("import"), wizard.client.get(page("imports"))):
        assert MARKED not in shown.content.decode()
    errors = wizard.get("import_errors")
    assert errors["Content-Disposition"] == f'attachment; filename="import-{wizard.id}-errors.csv"'
    assert "X" not in errors.headers


def test_an_upload_that_was_cut_off_is_refused_and_a_retry_takes_everything(
    tenant: Tenant, wizard: Wizard
) -> None:
    """csv-060."""
    rows = b"".join(b"a%d@gmail.test\n" % number for number in range(1000))
    upload = io.BytesIO(b"email\n" + rows)
    upload.name = "contacts.csv"
    values = {"file": upload, "mailing_list": str(wizard.list_id), "consent": "form"}
    body = encode_multipart(BOUNDARY, values)
    cut = wizard.client.generic("POST", page("import_new"), body[: len(body) // 2], MULTIPART_CONTENT)
    assert cut.status_code in {400, 422}
    with tenant_scope(tenant.id):
        assert not ContactImport.objects.exists()
    assert wizard.walk(b"email\n" + rows)["new"] == 1000


def test_html_in_headers_cells_and_reasons_is_text(wizard: Wizard) -> None:
    wizard.upload(f"email,{MARKED}\nann@gmail.test,{MARKED}\n{MARKED},1\n".encode(), f"{MARKED}.csv")
    pages = [wizard.get("import_file"), wizard.get("import_map")]
    wizard.map(kind_1="number")
    pages.append(wizard.get("import_check"))
    wizard.start()
    pages.append(wizard.get("import"))
    for shown in pages:
        assert shown.status_code == 200
        assert MARKED not in shown.content.decode()
        assert "&lt;img src=x" in shown.content.decode()


def test_nul_bytes_are_shown_and_refused_row_by_row(wizard: Wizard) -> None:
    wizard.upload(b"email,na\x00me\nann@gmail.test,A\x00nn\nbob@gmail.test,Bob\n", "a\x00b.csv")
    assert "A\u2400nn" in wizard.get("import_file").content.decode()
    wizard.map()
    assert "NUL" in wizard.get("import_check").content.decode()
    wizard.start()
    assert (wizard.row.result["new"], wizard.row.result["rejected"]) == (1, 1)


def test_pasted_nul_bytes_are_refused(wizard: Wizard) -> None:
    values = {"text": "email\na\x00@b.test", "mailing_list": str(wizard.list_id), "consent": "form"}
    answer = wizard.client.post(page("import_new"), values)
    assert answer.status_code == 422
    assert "text" in answer.context["form"].errors


def test_ten_thousand_columns_are_refused(wizard: Wizard) -> None:
    header = ",".join(f"c{number}" for number in range(10_000))
    assert refused_with(wizard, f"email,{header}\na@gmail.test\n".encode()) == "too_many_columns"


def test_two_hundred_columns_are_mapped(wizard: Wizard) -> None:
    header = ",".join(f"c{number}" for number in range(199))
    counts = wizard.walk(f"email,{header}\na@gmail.test,{','.join('x' * 199)}\n".encode())
    assert counts["new"] == 1
    with tenant_scope(wizard.tenant_id):
        assert len(Contact.objects.get().attrs) == 199


def test_a_refused_upload_leaves_no_file(wizard: Wizard) -> None:
    wizard.upload(b"PK\x03\x04")
    folder = kept_file(1).parent
    assert not folder.exists() or not list(folder.iterdir())


def test_a_foreign_list_and_a_foreign_import_do_not_exist(
    wizard: Wizard, other_tenant: Tenant, tenant: Tenant
) -> None:
    with tenant_scope(other_tenant.id):
        foreign = ContactList.objects.create(tenant_id=other_tenant.id, name="Theirs")
    assert wizard.upload(b"email\n", mailing_list=str(foreign.pk)).status_code == 422
    wizard.upload(b"email\nann@gmail.test\n")
    stranger: Client = person(other_tenant, "charlie", Role.OWNER)
    for name in ("import", "import_file", "import_map", "import_check", "import_errors"):
        url = page(name, wizard.id).replace("/acme/", "/globex/")
        assert stranger.get(url).status_code == 404
