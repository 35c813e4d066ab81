"""The parts of the start that decide without starting anything."""

import os
import signal
from pathlib import Path

import pytest

from relay_saas.embedded import records
from relay_saas.embedded.exceptions import UrlMissing
from relay_saas.embedded.paths import LONGEST_SOCKET_FOLDER, DataDir
from relay_saas.embedded.postgres import url
from relay_saas.embedded.privileges import Identity, command
from relay_saas.embedded.records import Record
from relay_saas.embedded.services import DATABASE_URLS, database_urls

ALL_URLS = {name: f"postgresql://{name.lower()}@/relay" for name in DATABASE_URLS}


def test_without_database_urls_the_embedded_database_is_used() -> None:
    assert database_urls({"PATH": "/bin", "DATABASE_URL": ""}) is None


def test_three_database_urls_win_over_the_embedded_database() -> None:
    assert database_urls({**ALL_URLS, "PATH": "/bin"}) == ALL_URLS


@pytest.mark.parametrize("missing", DATABASE_URLS)
def test_a_missing_companion_is_named(missing: str) -> None:
    given = {name: value for name, value in ALL_URLS.items() if name != missing}
    with pytest.raises(UrlMissing, match=f"set {missing} as well") as caught:
        database_urls(given)
    assert caught.value.code == "database_url_missing"


def test_a_database_url_names_role_database_and_socket_folder() -> None:
    assert url("relay_app", "relay", Path("/data/sock")) == "postgresql://relay_app@/relay?host=/data/sock"


def test_sockets_live_in_the_data_folder(tmp_path: Path) -> None:
    data = DataDir.at(tmp_path / "d")
    assert data.sockets() == data.root / "sock"


def test_sockets_of_a_deep_folder_live_under_a_short_name_that_stays_the_same(tmp_path: Path) -> None:
    data = DataDir.at(tmp_path / ("deep" * 20) / "d")
    folder = data.sockets()
    assert len(str(folder)) <= LONGEST_SOCKET_FOLDER
    assert folder == data.sockets()
    assert folder != DataDir.at(tmp_path / ("deep" * 20) / "e").sockets()


def test_the_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    data = DataDir.at(tmp_path / "d")
    assert [path.stat().st_mode & 0o077 for path in (data.root, data.secrets, data.sockets())] == [0, 0, 0]


def test_the_same_user_needs_no_other_program_to_start_one() -> None:
    argv = command(["true"], identity=Identity.SELF, death_signal=signal.SIGTERM, parent=7)
    assert argv[-5:] == ["15", "7", "-1", "-1", "true"]


def test_setpriv_passes_the_death_signal_on_because_a_change_of_user_forgets_it() -> None:
    argv = command(["true"], identity=Identity.SETPRIV, death_signal=signal.SIGINT, parent=7)
    assert argv[argv.index("--pdeathsig") + 1] == "INT"


def test_a_children_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = Record(name="web", pid=7, born=1.5, stop_signal=15, grace=3.0, stage=4)
    records.write(tmp_path / "children.json", [record])
    assert records.read(tmp_path / "children.json") == [record]


@pytest.mark.parametrize("text", ["", "[{", "[{}]", '[{"name": "web"}]', "7"])
def test_a_broken_children_file_names_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "children.json").write_text(text)
    assert records.read(tmp_path / "children.json") == []


def test_another_process_with_a_recorded_number_is_left_alone() -> None:
    stranger = Record(name="web", pid=os.getpid(), born=1.5, stop_signal=15, grace=0.0, stage=0)
    records.stop([stranger])
    assert stranger.process() is None
