"""Columns are found by their Japanese and English names."""

import pytest

from campaigns.exceptions import BadImportFile
from campaigns.models import ContactField
from campaigns.services.column_guess import match_columns, new_key


@pytest.mark.parametrize(
    "name", ["email", "E-Mail", "Email Address", "メールアドレス", "Ｅメール", "メール", "電子メール"]
)
def test_the_address_column_has_many_names(name: str) -> None:
    assert match_columns(["名", name], []).email == 1


@pytest.mark.parametrize(
    ("name", "key", "kind"),
    [
        ("First Name", "first_name", "text"),
        ("姓", "last_name", "text"),
        ("会社名", "company", "text"),
        ("都道府県", "city", "text"),
        ("登録日", "signed_up_on", "date"),
        ("ポイント", "points", "number"),
        ("shoe-size", "shoe_size", "text"),
        ("2nd phone", "f_2nd_phone", "text"),
        ("備考", "field_1", "text"),
    ],
)
def test_a_column_becomes_a_field(name: str, key: str, kind: str) -> None:
    (column,) = match_columns(["email", name], []).fields
    assert (column.key, column.kind, column.is_new) == (key, kind, True)


def test_a_field_of_the_tenant_is_found_by_its_label(db: None) -> None:
    field = ContactField(key="size", label="靴のサイズ", kind="number")
    (column,) = match_columns(["email", "靴のサイズ"], [field]).fields
    assert (column.key, column.kind, column.is_new) == ("size", "number", False)


def test_two_columns_of_one_meaning_are_refused() -> None:
    for names in (["Email", "EMAIL"], ["email", "メール"], ["email", "名", "first name"]):
        with pytest.raises(BadImportFile) as refused:
            match_columns(names, [])
        assert refused.value.code == "duplicate_column"


def test_columns_without_a_name_are_skipped() -> None:
    assert match_columns(["email", "", ""], []).fields == ()


def test_keys_do_not_clash() -> None:
    assert new_key("Size!", {"size"}) == "size_2"
    assert new_key("備考", {"field_1", "field_2"}) == "field_3"
    assert new_key("e mail", set()) == "e_mail"
