"""The verification code of docs/webhooks.md, run where its interpreter is present."""

import base64
import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

import pytest

from relay_saas.net.signature import key_of, new_secret, signed_headers
from tracking.courier.plan import WAITS
from tracking.selectors.event_words import LABELS

DOC: Final = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
#: The language of the block -> the interpreter, and what reads the case and says `true` or `false`.
RUNNERS: Final = {
    "python": ("python3", ("import json, sys, base64\nc = json.load(sys.stdin)\n"
               "print(str(verify(c['secret'], c['headers'], base64.b64decode(c['body']))).lower())")),
    "javascript": ("node", ("const c = JSON.parse(require('fs').readFileSync(0));\n"
                   "console.log(verify(c.secret, c.headers, Buffer.from(c.body, 'base64')));")),
    "php": ("php", ("$c = json_decode(stream_get_contents(STDIN), true);\n"
            "echo verify($c['secret'], $c['headers'], base64_decode($c['body'])) ? 'true' : 'false';")),
    "ruby": ("ruby", ("require 'json'\nc = JSON.parse(STDIN.read)\n"
             "puts verify(c['secret'], c['headers'], Base64.decode64(c['body']))")),
}  # fmt: skip


def block(language: str) -> str:
    """The code of the page in that language."""
    found = re.search(rf"```{language}\n(.*?)```", DOC, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("language", RUNNERS)
def test_the_code_of_the_page_knows_a_call_from_a_forgery(language: str, tmp_path: Path) -> None:
    interpreter, tail = RUNNERS[language]
    if shutil.which(interpreter) is None:
        pytest.skip(f"{interpreter} is not installed")
    head = "<?php\n" if language == "php" else ""
    program = tmp_path / f"verify.{language}"
    program.write_text(f"{head}{block(language)}\n{tail}\n", encoding="utf-8")
    old, new = new_secret(), new_secret()
    body = '{"to":"太郎"}'.encode()

    def verified(secret: str, timestamp: int, sent: bytes = body) -> bool:
        keys = [key_of(new), key_of(old)]
        headers = dict(signed_headers(keys, webhook_id="evt_1", timestamp=timestamp, body=body))
        case = {"secret": secret, "headers": headers, "body": base64.b64encode(sent).decode()}
        ran = subprocess.run(
            [interpreter, str(program)], input=json.dumps(case), capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip() == "true"

    now = int(time.time())
    assert verified(old, now)
    assert verified(new, now)
    assert not verified(new_secret(), now)
    assert not verified(old, now, body + b" ")
    assert not verified(old, now - 3600)


def test_the_page_names_every_type_of_event() -> None:
    told = set(re.findall(r"`([a-z._]+)`", DOC.partition("## Events\n")[2]))
    words = told | {f"campaign{name}" for name in told} | {f"domain{name}" for name in told}
    assert set(LABELS) - words == set()


def test_the_waits_of_the_page_are_the_real_ones() -> None:
    assert WAITS[:6] == (5, 30, 120, 600, 1800, 3600)
    assert WAITS[-4:] == (86_400,) * 4
    assert [seconds // 3600 for seconds in WAITS[5:10]] == [1, 2, 4, 8, 12]
