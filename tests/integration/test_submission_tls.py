"""What clients find when they look at our TLS: no old protocol, no weak cipher, forward secrecy always.

The whole of testssl.sh takes minutes: `make tls-scan`.
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from delivery.submission.limits import Limits
from tests.integration.submission import Client, serving

TESTSSL = shutil.which("testssl") or shutil.which("testssl.sh")
#: WARN: testssl could not look.
FINE = {"OK", "INFO", "LOW", "DEBUG", "WARN"}
#: The certificate is a test's own, the grade follows from it, and the last is about the client's OpenSSL.
NOT_OURS = ("cert", "overall_grade", "final_score", "grade_cap", "DNS_CAA", "engine_problem")
WHOLE = os.environ.get("TLS_SCAN") == "whole"
#: Without forward secrecy, without authenticated encryption, without a key, or broken.
WEAK = ("kRSA", "CBC", "3DES", "aNULL", "eNULL", "RC4", "SHA1", "DHE", "PSK", "CAMELLIA", "ARIA")


@pytest.mark.skipif(TESTSSL is None and "REQUIRE_SMTP_SINK" not in os.environ, reason="testssl.sh is absent")
def test_testssl_finds_nothing_above_low(committed: None, tmp_path: Path) -> None:
    with serving(tmp_path, limits=Limits(new_in_minute=100_000), name="localhost") as server:
        for number, starttls in enumerate((["--starttls", "smtp"], [])):
            found = tmp_path / f"found-{number}.json"
            where = ["--nodns", "none", "--ip", "127.0.0.1", f"localhost:{server.ports[number]}"]
            looks = ["--quiet", "--warnings", "off", "--jsonfile", str(found)]
            looks += [] if WHOLE else ["--protocols"]
            command = [str(TESTSSL), *looks, *starttls, *where]
            subprocess.run(command, check=False, capture_output=True, timeout=900 if WHOLE else 60)
            rows = json.loads(found.read_text(encoding="utf-8"))
            assert {"SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3"} <= {row["id"] for row in rows}
            severe = [row for row in rows if row["severity"] not in FINE]
            assert [row for row in severe if not row["id"].startswith(NOT_OURS)] == []


def test_no_weak_cipher_is_taken(committed: None, tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        for name in WEAK:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            try:
                context.set_ciphers(f"{name}:!ECDHE+AESGCM:!ECDHE+CHACHA20:@SECLEVEL=0")
            except ssl.SSLError:
                # This machine's OpenSSL has none of that kind.
                continue
            plain = socket.create_connection(("127.0.0.1", server.ports[1]), 10)
            with plain, pytest.raises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(plain)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_protocols_are_refused(committed: None, tmp_path: Path, version: ssl.TLSVersion) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = context.maximum_version = version
    with serving(tmp_path) as server, Client(server.ports[0]) as client:
        client.say("EHLO c.example")
        assert client.say("STARTTLS").startswith("220")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            client.sock = context.wrap_socket(client.sock)
