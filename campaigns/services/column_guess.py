"""Decides which column of a file is which field, from Japanese and English column names."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from campaigns.exceptions import BadImportFile
from campaigns.models import ContactField
from campaigns.services.fields import RESERVED_KEYS
from relay_saas.mail.addresses import parse_address
from relay_saas.mail.exceptions import MailError

EMAIL: Final = "email"
#: What our own errors file adds; a corrected one is imported again without them.
ERROR_COLUMNS: Final = ("line", "reason")
Kind = ContactField.Kind

EMAIL_NAMES: Final = (
    "email", "mail", "emailaddress", "mailaddress", "eメール", "メール", "メールアドレス",
    "eメールアドレス", "電子メール", "電子メールアドレス", "アドレス", "メアド",
)  # fmt: skip
#: Field key, kind, and the names that mean it (folded: no case, blanks or punctuation).
KNOWN: Final[tuple[tuple[str, Kind, tuple[str, ...]], ...]] = (
    ("first_name", Kind.TEXT, ("firstname", "givenname", "forename", "名", "下の名前")),
    ("last_name", Kind.TEXT, ("lastname", "surname", "familyname", "姓", "苗字", "名字")),
    ("full_name", Kind.TEXT, ("name", "fullname", "氏名", "名前", "お名前", "姓名")),
    ("first_name_kana", Kind.TEXT, ("firstnamekana", "メイ", "名カナ", "名フリガナ", "めい")),
    ("last_name_kana", Kind.TEXT, ("lastnamekana", "セイ", "姓カナ", "姓フリガナ", "せい")),
    ("company", Kind.TEXT, ("company", "companyname", "organization", "会社", "会社名", "企業名", "法人名")),
    ("department", Kind.TEXT, ("department", "division", "部署", "部署名", "所属")),
    ("job_title", Kind.TEXT, ("jobtitle", "title", "position", "役職", "職位", "肩書")),
    ("phone", Kind.TEXT, ("phone", "phonenumber", "telephone", "tel", "電話", "電話番号", "携帯電話")),
    ("postal_code", Kind.TEXT, ("postalcode", "postcode", "zip", "zipcode", "郵便番号")),
    ("city", Kind.TEXT, ("city", "town", "prefecture", "市", "市区町村", "都道府県")),
    ("country", Kind.TEXT, ("country", "国", "国名")),
    ("locale", Kind.TEXT, ("locale", "language", "lang", "言語", "言語コード")),
    ("plan", Kind.TEXT, ("plan", "プラン", "契約プラン")),
    ("time_zone", Kind.TEXT, ("timezone", "タイムゾーン", "時間帯")),
    ("signed_up_on", Kind.DATE, ("signedupon", "signupdate", "registrationdate", "登録日", "入会日")),
    ("birthday", Kind.DATE, ("birthday", "birthdate", "dateofbirth", "生年月日", "誕生日")),
    ("points", Kind.NUMBER, ("points", "point", "ポイント", "ポイント数", "保有ポイント")),
)  # fmt: skip
_BY_NAME: Final = {name: (key, kind) for key, kind, names in KNOWN for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldColumn:
    """A column whose cells become values of a field."""

    position: int
    key: str
    kind: Kind
    #: The column's name in the file.
    name: str
    #: The tenant has no such field yet.
    is_new: bool
    #: What a new field shall be called; empty: like the column.
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """Which column is the address and which are fields; all others are skipped."""

    email: int
    fields: tuple[FieldColumn, ...]
    #: The file is one of our errors files: its formula guards are taken off again.
    is_errors_file: bool

    def as_json(self) -> dict[str, str]:
        """Column position -> field key, as ContactImport stores it."""
        return {str(self.email): EMAIL} | {str(column.position): column.key for column in self.fields}


def match_columns(names: Sequence[str], fields: Iterable[ContactField]) -> ColumnMap:
    """Finds the meaning of each column: the tenant's fields, then names known here, else a new text field.

    Columns without a name are skipped. Raises BadImportFile.
    """
    if any(is_address(name) for name in names):
        raise BadImportFile("no_header")
    is_errors_file = tuple(names[-2:]) == ERROR_COLUMNS
    taken: dict[str, str] = {}
    keys = {field.key: field for field in fields}
    own = {fold(text): field for field in keys.values() for text in (field.key, field.label)}
    columns: list[FieldColumn] = []
    email: int | None = None
    for position, name in enumerate(names[:-2] if is_errors_file else names):
        if not name:
            continue
        column = _column(position, name, own, {*keys, *taken})
        if column.key in taken:
            raise BadImportFile("duplicate_column", first=taken[column.key], second=name)
        taken[column.key] = name
        if column.key == EMAIL:
            email = position
        else:
            columns.append(column)
    if email is None:
        raise BadImportFile("no_email_column")
    return ColumnMap(email=email, fields=tuple(columns), is_errors_file=is_errors_file)


def fold(name: str) -> str:
    """A column name without case, blanks and punctuation: `E-Mail Address` is `emailaddress`."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in text if character.isalnum())


def _column(position: int, name: str, own: dict[str, ContactField], used: set[str]) -> FieldColumn:
    folded = fold(name)
    if folded in EMAIL_NAMES:
        return FieldColumn(position=position, key=EMAIL, kind=Kind.TEXT, name=name, is_new=False)
    if field := own.get(folded):
        return FieldColumn(position=position, key=field.key, kind=Kind(field.kind), name=name, is_new=False)
    key, kind = known_field(name) or (new_key(name, used), Kind.TEXT)
    return FieldColumn(position=position, key=key, kind=kind, name=name, is_new=True)


def known_field(name: str) -> tuple[str, Kind] | None:
    """Key and kind of a field that everybody knows by this name."""
    return _BY_NAME.get(fold(name))


def new_key(name: str, used: Iterable[str]) -> str:
    """A key for templates to say for an unknown column: `Member No.` is `member_no`, `備考` is `field_1`."""
    text = unicodedata.normalize("NFKC", name).lower()
    key = re.sub(r"[^a-z0-9]+", "_", text).strip("_")[:60] if text.isascii() else ""
    if key and not key[0].isalpha():
        key = f"f_{key}"
    stem, number, taken = key or "field", 1, {*used, *RESERVED_KEYS}
    key = key or "field_1"
    while key in taken:
        number += 1
        key = f"{stem}_{number}"
    return key


def is_address(name: str) -> bool:
    """Whether the text is an e-mail address, and so no name of a column."""
    try:
        parse_address(name)
    except MailError:
        return False
    return True
