"""The first steps of docs/quickstart.md, run as they stand there by the interpreters that are here."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.audit import SYSTEM
from accounts.services.api_keys import issue_key
from accounts.services.key_limits import KeyLimits
from accounts.tenancy import tenant_scope
from delivery.models import SimulatedMail, Submission
from tests.integration.live import live_server
from tests.integration.organizations import make_organization

pytestmark = pytest.mark.usefixtures("committed")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "quickstart.md"
BLOCKS = dict(
    re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)
RUN = {
    "sh": ("sh", "-e"), "python": ("python3",), "js": ("node",), "php": ("php",), "ruby": ("ruby",),
}  # fmt: skip
ID = re.compile(r"em_[0-9a-z]{26}")


@pytest.fixture(scope="module")
def base(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The address of the product."""
    with django_db_blocker.unblock(), live_server() as address:
        yield address


def run(language: str, base: str, secret: str, sender: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(RUN[language][0]) is None or (language == "sh" and shutil.which("curl") is None):
        pytest.skip(f"{RUN[language][0]} is not here")
    own = {"BASE": base, "KEY": secret, "FROM": sender, "TO": "taro@gmail.test"}
    return subprocess.run(
        RUN[language],
        input=BLOCKS[language],
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_page_speaks_five_languages() -> None:
    assert set(BLOCKS) == set(RUN)


@pytest.mark.parametrize("language", RUN)
def test_a_block_sends_one_mail_however_often_it_runs(language: str, base: str) -> None:
    shop = make_organization()
    scopes = ["messages.send"]
    secret = issue_key(tenant_id=shop.tenant.pk, name="x", scopes=scopes, actor=SYSTEM)[1]
    told = [run(language, base, secret, f"shop@{shop.domain.name}") for _ in range(2)]
    for one in told:
        assert one.returncode == 0, one.stderr
    first, second = (ID.search(one.stdout) for one in told)
    assert first is not None
    assert second is not None
    assert first[0] == second[0]
    with tenant_scope(shop.tenant.pk):
        assert Submission.objects.count() == 1


@pytest.mark.parametrize("language", ["sh", "python"])
def test_a_block_tells_what_was_refused_and_takes_test_keys(language: str, base: str) -> None:
    shop = make_organization()
    secret = issue_key(
        tenant_id=shop.tenant.pk,
        name="x",
        scopes=["messages.send"],
        actor=SYSTEM,
        limits=KeyLimits(test=True),
    )[1]
    assert run(language, base, secret, "shop@not-ours.test").returncode != 0
    assert run(language, base, secret, f"shop@{shop.domain.name}").returncode == 0
    with tenant_scope(shop.tenant.pk):
        assert (SimulatedMail.objects.count(), Submission.objects.count()) == (1, 0)
