"""Encodings, delimiters and rows, without a database."""

from pathlib import Path

import pytest

from campaigns.exceptions import BadImportFile
from campaigns.services.encoding_guess import find_encoding
from campaigns.services.file_reading import open_table, read_rows

TEXT = "メール,名\na@gmail.test,太郎\n"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp932", "cp932"),
        ("euc_jp", "euc_jp"),
        ("utf-16", "utf-16"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, written: str, found: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(TEXT.encode(written))
    assert find_encoding(path).encoding == found
    assert open_table(path).columns == ("メール", "名")


def test_euc_of_kana_is_not_taken_for_half_width_kana(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes("メール,ナマエ\na@gmail.test,タロウ\n".encode("euc_jp"))
    assert open_table(path).encoding == "euc_jp"


def test_half_width_kana_in_shift_jis_stay_shift_jis(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes("メールアドレス,フリガナ\na@gmail.test,ﾀﾛｳ\n".encode("cp932"))
    assert open_table(path).encoding == "cp932"


@pytest.mark.parametrize(
    ("line", "delimiter"), [("a,b", ","), ("a\tb,c\td", "\t"), ("a;b;c", ";"), ("a", ",")]
)
def test_the_delimiter_is_the_one_the_header_uses_most(tmp_path: Path, line: str, delimiter: str) -> None:
    path = tmp_path / "file"
    path.write_text(f"{line}\n")
    assert open_table(path).delimiter == delimiter


def test_a_delimiter_in_quotes_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('"a,b,c";email\n')
    assert open_table(path).columns == ("a,b,c", "email")


def test_a_wrong_quotation_mark_spoils_one_row_only(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('email,name\na@gmail.test,"A"nn"\nb@gmail.test,Bob\n')
    rows = list(read_rows(open_table(path)))
    assert [(row.line, row.fault) for row in rows] == [(2, "bad_quotes"), (3, "")]
    assert rows[0].cells == ['a@gmail.test,"A"nn"']


def test_a_cell_beyond_the_readers_limit_spoils_one_row_only(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(f"email,name\na@gmail.test,{'x' * 140_000}\nb@gmail.test,Bob\n")
    assert [row.fault for row in read_rows(open_table(path))] == ["cell_too_long", ""]


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x1f\x8b\x08", b"%PDF-1.7", b"\xd0\xcf\x11\xe0"])
def test_binary_files_are_known_by_their_first_bytes(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(start + b"rest")
    with pytest.raises(BadImportFile) as refused:
        open_table(path)
    assert refused.value.code == "file_not_text"
