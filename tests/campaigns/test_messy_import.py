"""The messy files: what is reported equals a hand-written file, and the same rows again change nothing."""

import csv
import io
import random
import re
from pathlib import Path

import pytest
from django.utils import translation

from accounts.models import Job, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Contact, ContactField, ContactImport
from campaigns.services.import_errors import REASONS, errors_file, reason_text
from relay_saas.console import demo
from relay_saas.mail.addresses import BadAddress
from tests.campaigns.conftest import DATA
from tests.campaigns.kinds import Load

SHIFT_JIS = (DATA / "contacts-messy-shiftjis.csv").read_bytes()
TSV = (DATA / "contacts-messy-utf8bom.tsv").read_bytes()


def errors_of(tenant: Tenant, job: Job, language: str = "en") -> bytes:
    with tenant_scope(tenant.id):
        import_id = ContactImport.objects.get(job=job).pk
    return b"".join(errors_file(tenant_id=tenant.id, import_id=import_id, language=language))


def changed(job: Job) -> tuple[int, int]:
    return job.counts["new"], job.counts["updated"]


@pytest.fixture
def imported(load: Load) -> Job:
    return load(SHIFT_JIS)


def test_the_errors_file_equals_the_hand_written_one(tenant: Tenant, imported: Job) -> None:
    assert errors_of(tenant, imported) == (DATA / "contacts-messy-errors.csv").read_bytes()


def test_the_counts_say_what_became_of_every_row(imported: Job) -> None:
    counts = imported.counts
    assert counts["rows"] == 2000
    assert counts["accepted"] + counts["duplicates"] + counts["rejected"] == 2000
    assert counts["new"] == counts["accepted"] == counts["subscribed"] == 1713
    assert counts["problems"] == {
        "address_empty": 50,
        "address_local_too_long": 50,
        "address_no_at": 50,
        "bad_date": 50,
        "duplicate_in_file": 87,
    }
    assert counts["normalised"] == 50
    assert counts["smtputf8"] == 50
    assert (imported.done, imported.total) == (2000, 2000)


def test_the_tab_separated_file_with_a_mark_reports_the_same_rows(tenant: Tenant, load: Load) -> None:
    assert errors_of(tenant, load(TSV)) == (DATA / "contacts-messy-errors.csv").read_bytes()


def test_japanese_column_names_become_typed_fields(tenant: Tenant, imported: Job) -> None:
    with tenant_scope(tenant.id):
        kinds = dict(ContactField.objects.values_list("key", "kind"))
        found = ContactImport.objects.get(job=imported)
        erik = Contact.objects.get(email_key="erik.kaiser31@outlook.test")
    assert kinds["signed_up_on"] == "date"
    assert kinds["points"] == "number"
    assert {"first_name", "last_name", "company", "city", "locale", "plan", "time_zone"} < kinds.keys()
    assert (found.encoding, found.delimiter) == ("cp932", ",")
    assert erik.attrs["points"] == 12345
    assert erik.attrs["signed_up_on"] == "2019-11-04"


def test_the_same_file_again_changes_nothing(imported: Job, load: Load) -> None:
    assert changed(load(SHIFT_JIS)) == (0, 0)


def test_the_tab_separated_file_without_its_mark_changes_nothing(imported: Job, load: Load) -> None:
    assert changed(load(TSV.removeprefix(b"\xef\xbb\xbf"))) == (0, 0)


def test_the_rows_shuffled_with_each_address_first_before_its_repeats_change_nothing(
    imported: Job, load: Load
) -> None:
    header, *rows = csv.reader(io.StringIO(SHIFT_JIS.decode("cp932"), newline=""))
    first: dict[str, int] = {}
    for number, row in enumerate(rows):
        first.setdefault(row[0].strip().lower(), number)
    firsts = [rows[number] for number in first.values()]
    repeats = [row for number, row in enumerate(rows) if number not in set(first.values())]
    chance = random.Random(4)
    chance.shuffle(firsts)
    chance.shuffle(repeats)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *firsts, *repeats])
    job = load(text.getvalue().encode("cp932"))
    assert changed(job) == (0, 0)
    assert job.counts["rows"] == 2000


def test_one_cell_changed_changes_one_contact(imported: Job, load: Load) -> None:
    text = SHIFT_JIS.decode("cp932").replace("合同会社山下通信,大阪府", "合同会社山下通信,奈良県", 1)
    assert changed(load(text.encode("cp932"))) == (0, 1)


def test_one_cell_emptied_changes_one_contact(imported: Job, load: Load) -> None:
    text = SHIFT_JIS.decode("cp932").replace("合同会社山下通信,大阪府", "合同会社山下通信,", 1)
    assert changed(load(text.encode("cp932"))) == (0, 1)


def test_rows_of_the_errors_file_are_imported_once_corrected(
    tenant: Tenant, imported: Job, load: Load
) -> None:
    header, row, *_ = errors_of(tenant, imported).decode("utf-8-sig").splitlines(keepends=True)
    job = load(header + row.replace("andrew.murray11yahoo.test", "andrew.murray11@yahoo.test"))
    assert changed(job) == (1, 0)
    with tenant_scope(tenant.id):
        assert not ContactField.objects.filter(key__in=["line", "reason"]).exists()


def test_every_reason_has_words_in_both_languages() -> None:
    for reason in REASONS:
        with translation.override("en"):
            english = reason_text(reason, "7")
        with translation.override("ja"):
            japanese = reason_text(reason, "7")
        assert english.isprintable()
        assert re.search("[ぁ-んァ-ヶ一-龠]", japanese)
        assert ("7" in english) == ("7" in japanese)


def test_every_refusal_of_an_address_has_a_reason() -> None:
    assert {f"address_{code}" for code in BadAddress.reasons} <= REASONS.keys()


def test_cells_beyond_the_columns_follow_behind_and_formulas_are_guarded(tenant: Tenant, load: Load) -> None:
    job = load("email,name\nnobody,=1+1,more,and more\n")
    assert errors_of(tenant, job).decode("utf-8-sig").splitlines()[1] == (
        "nobody,'=1+1,2,The row has more cells than the file has columns.,more,and more"
    )


def test_every_row_of_the_demos_clean_list_is_taken(load: Load) -> None:
    job = load((Path(demo.__file__).parent / "contacts.csv").read_bytes())
    assert (job.counts["rows"], job.counts["new"], job.counts["problems"]) == (10_000, 10_000, {})
