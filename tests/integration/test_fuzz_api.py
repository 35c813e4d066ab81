"""The API and inputs that nobody thought of: no 500, nothing undescribed, nobody else's things.

`python -m scripts.fuzz_api 600` gives it ten minutes in place of some seconds; a third word is the seed.
"""

import os
import sys
from pathlib import Path

import pytest

from accounts.audit import SYSTEM
from accounts.models.api_key import KeyScope
from accounts.services.api_keys import issue_key
from accounts.services.key_limits import KeyLimits
from tests.browser.servers import WEB, granian
from tests.integration.fuzzing import fuzz
from tests.matrix.world import Organization, build

pytestmark = pytest.mark.usefixtures("committed")
SECONDS = os.environ.get("RELAY_FUZZ_SECONDS", "")
SEED = os.environ.get("RELAY_FUZZ_SEED", "")
#: A key that may revoke keys would end the run by revoking itself.
LONG = [scope for scope in KeyScope.values if scope != KeyScope.KEYS_WRITE]


def key(organization: Organization) -> str:
    return issue_key(
        tenant_id=organization.id, name="fuzz", scopes=LONG, actor=SYSTEM, limits=KeyLimits(rate=10_000)
    )[1]


def test_two_organizations_keys_find_nothing_that_is_not_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # There is no server for our zone here: domains are made without publishing anything.
    monkeypatch.setenv("RELAY_ZONE_SERVER", "")
    world = build(first="fuzz-one", second="fuzz-two")
    keys = {"one": key(world.acme), "two": key(world.globex)}
    bounds = ("--max-time", SECONDS) if SECONDS else ("--phases", "examples,fuzzing", "-n", "2")
    bounds += ("--seed", SEED) if SEED else ()
    with granian(tmp_path / "web.log", *WEB) as port:
        url = f"http://127.0.0.1:{port}"
        done = fuzz(url, keys, tmp_path, "--url", url, *bounds)
    (tmp_path / "fuzz.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    if SECONDS:
        sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout[-20_000:]
