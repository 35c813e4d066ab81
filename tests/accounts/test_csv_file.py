"""CSV that spreadsheets open: marks, ends of lines, formulas, and what Shift_JIS lacks."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.csv_file import CsvFile, Encoding, cell_text, csv_pieces


def written(*rows: tuple[object, ...], encoding: str = Encoding.UTF8) -> tuple[bytes, CsvFile]:
    target = io.BytesIO()
    file = CsvFile(target, ("氏名", "値"), encoding)
    for row in rows:
        file.write(row)
    return target.getvalue(), file


def test_utf8_begins_with_its_mark_and_lines_end_as_in_windows() -> None:
    data, file = written(("山田, 太郎", 'a "b"'), ("two\nlines", None))
    assert data == '\ufeff氏名,値\r\n"山田, 太郎","a ""b"""\r\n"two\nlines",\r\n'.encode()
    assert (file.rows, file.replaced) == (2, 0)


def test_cells_that_a_spreadsheet_would_run_are_disarmed_and_numbers_are_not() -> None:
    data, _file = written(("=1+1", "@SUM(A1)"), ("－2", -2), ("+81", -0.5))
    assert data.decode("utf-8-sig").splitlines()[1:] == ["'=1+1,'@SUM(A1)", "'－2,-2", "'+81,-0.5"]


def test_cp932_holds_what_it_can_and_shows_what_it_lacks() -> None:
    data, file = written(("髙﨑①〜−—", "😀한"), ("か\u3099", "ok"), encoding="cp932")
    lines = data.decode("cp932").split("\r\n")
    assert lines[:3] == ["氏名,値", "髙﨑①～－―,〓〓", "が,ok"]
    assert file.replaced == 2


def test_times_are_local_and_structures_are_json() -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert cell_text(datetime(2026, 1, 31, 15, 30, tzinfo=UTC)) == "2026-02-01 00:30:00"
    assert [cell_text(value) for value in (None, True, ["あ"], 7)] == ["", "true", '["あ"]', "7"]


def test_pieces_are_the_same_file() -> None:
    rows = [(f"n{number}", number) for number in range(1_201)]
    pieces = list(csv_pieces(("氏名", "値"), iter(rows)))
    assert len(pieces) == 3
    assert b"".join(pieces) == written(*rows)[0]


def test_a_file_without_rows_is_its_head() -> None:
    assert b"".join(csv_pieces(("a",), [])) == b"\xef\xbb\xbfa\r\n"
