"""Mail programs and libraries as people have them, unchanged but for address and credentials."""

import json
import os
import shutil
import smtplib
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

ROOT: Final = Path(__file__).resolve().parents[2]
NODE: Final = ROOT / "tests/clients/node"
SECONDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is entered into a program."""

    host: str
    port: int
    tls_port: int
    #: The certificate that it trusts.
    ca: Path
    username: str
    password: str
    sender: str

    @property
    def context(self) -> ssl.SSLContext:
        """TLS that checks the certificate and its name."""
        return ssl.create_default_context(cafile=str(self.ca))


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent; each program sends its own form of it."""

    to: str
    subject: str
    text: str
    html: str = ""


def letter(account: Account, what: Letter) -> EmailMessage:
    """The letter as Python's own package writes it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = account.sender, what.to, what.subject
    message.set_content(what.text)
    if what.html:
        message.add_alternative(what.html, subtype="html")
    return message


def smtplib_starttls(account: Account, what: Letter) -> None:
    """Python's smtplib on the port with STARTTLS."""
    with smtplib.SMTP(account.host, account.port, timeout=SECONDS) as client:
        client.starttls(context=account.context)
        client.login(account.username, account.password)
        client.send_message(letter(account, what))


def smtplib_tls(account: Account, what: Letter) -> None:
    """The same with TLS from the first octet."""
    context = account.context
    with smtplib.SMTP_SSL(account.host, account.tls_port, timeout=SECONDS, context=context) as client:
        client.login(account.username, account.password)
        client.send_message(letter(account, what))


def django(account: Account, what: Letter) -> None:
    """Django's own SMTP backend, with its settings as the ready settings have them."""
    # It trusts what the system trusts, and has no setting of its own.
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(account.ca)
    try:
        backend = get_connection(
            "django.core.mail.backends.smtp.EmailBackend",
            host=account.host,
            port=account.port,
            username=account.username,
            password=account.password,
            use_tls=True,
            timeout=SECONDS,
        )
        mail = EmailMultiAlternatives(
            what.subject, what.text, account.sender, [what.to], bcc=[f"bcc-{what.to}"], connection=backend
        )
        mail.attach_alternative(what.html or "<p>-</p>", "text/html")
        mail.attach("領収書.txt", "合計 1,200 円", "text/plain")
        mail.send()
    finally:
        os.environ.pop("SSL_CERT_FILE", None)
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


def swaks(account: Account, what: Letter) -> None:
    """swaks, the testers' tool."""
    _run(
        [
            *("swaks", "--server", account.host, "--port", str(account.port), "--tls", "--tls-verify"),
            *("--tls-ca-path", str(account.ca), "--auth", "PLAIN", "--auth-user", account.username),
            *("--auth-password", account.password, "--from", account.sender, "--to", what.to),
            *("--header", "MIME-Version: 1.0", "--header", "Content-Type: text/plain; charset=utf-8"),
            *("--header", "Content-Transfer-Encoding: 8bit"),
            *("--header", f"Subject: {what.subject}", "--body", what.text, "--silent", "1"),
        ]
    )


def msmtp(account: Account, what: Letter) -> None:
    """msmtp, a sendmail for machines without one; it speaks AUTH LOGIN here."""
    _run(
        [
            *("msmtp", f"--host={account.host}", f"--port={account.tls_port}", "--tls=on"),
            *("--tls-starttls=off", f"--tls-trust-file={account.ca}", "--auth=login"),
            *(f"--user={account.username}", "--passwordeval=printenv SMTP_PASSWORD"),
            *(f"--from={account.sender}", what.to),
        ],
        said=bytes(letter(account, what)),
        environment={"SMTP_PASSWORD": account.password},
    )


def nodemailer(account: Account, what: Letter) -> None:
    """Nodemailer, installed by npm from the lock file."""
    folder = _node_modules()
    sent = {
        "transport": {
            "host": account.host,
            "port": account.tls_port,
            "secure": True,
            "auth": {"user": account.username, "pass": account.password},
        },
        "message": {
            "from": f"Acme ショップ <{account.sender}>",
            "to": what.to,
            "subject": what.subject,
            "text": what.text,
            "html": what.html,
        },
    }
    environment = {"RELAY_CLIENT": json.dumps(sent), "NODE_EXTRA_CA_CERTS": str(account.ca)}
    _run(["node", "send.js"], folder=folder, environment=environment)


#: What each needs on this machine, and how it sends.
PROGRAMS: Final[dict[str, tuple[str, Callable[[Account, Letter], None]]]] = {
    "smtplib-starttls": ("", smtplib_starttls),
    "smtplib-tls": ("", smtplib_tls),
    "django": ("", django),
    "swaks": ("swaks", swaks),
    "msmtp": ("msmtp", msmtp),
    "nodemailer": ("npm", nodemailer),
}


def present() -> list[str]:
    """The programs that can run here."""
    return [name for name, (needed, _) in PROGRAMS.items() if not needed or shutil.which(needed)]


def _node_modules() -> Path:
    """A copy below var/ with what the lock names; skips where npm cannot fetch it."""
    folder = ROOT / "var/clients/node"
    lock = NODE / "package-lock.json"
    if not (folder / "node_modules/nodemailer").exists() or (
        (folder / lock.name).read_bytes() != lock.read_bytes()
    ):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(NODE, folder)
        try:
            _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder=folder)
        except AssertionError as error:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"npm cannot install: {error}")
    shutil.copy(NODE / "send.js", folder)
    return folder


def _run(
    argv: list[str],
    *,
    said: bytes | None = None,
    folder: Path | None = None,
    environment: dict[str, str] | None = None,
) -> None:
    done = subprocess.run(
        argv,
        check=False,
        input=said,
        cwd=folder,
        env=os.environ | (environment or {}),
        capture_output=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
