"""Postfix' smtpd as a submission server: the same certificate, AUTH PLAIN, its queue on the bench's disk.

What it takes goes into its hold queue: durable before the 250 as always, and nothing is delivered meanwhile.
"""

import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relay_saas.embedded.paths import PROJECT
from relay_saas.embedded.probes import greets
from relay_saas.embedded.supervisor import Child, Program
from scripts.bench.packages import program
from scripts.bench.postfix import MASTER, said_by_postconf
from scripts.bench.sink import free_port
from scripts.bench.stand import BenchFailed, Stand

_READY_SECONDS: Final = 30.0
_MAIN: Final = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
daemon_directory = {daemons}
command_directory = {commands}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/data/mail.log
maillog_file_prefixes = {root}
myhostname = yardstick.bench.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
default_process_limit = 200
in_flow_delay = 0
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {certificate}
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_loglevel = 0
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl_port}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_sender_access static:HOLD
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A running server and who may use it."""

    port: int
    username: str
    password: str
    queue: Path
    children: tuple[Child, ...]

    @property
    def held(self) -> int:
        """Messages on its disk."""
        return sum(1 for path in (self.queue / "hold").rglob("*") if path.is_file())


@contextmanager
def running_submission(stand: Stand, certificate: str) -> Iterator[Submission]:
    """Postfix with its sign-in service; `certificate` is one PEM text of key and certificate."""
    if os.geteuid() != 0:
        raise BenchFailed("Postfix' master starts as root only: run the bench as root for its rows")
    # Postfix' own user must reach it, which a private folder of ours would hinder.
    root = Path(tempfile.mkdtemp(prefix="submission-postfix-", dir=PROJECT / "var"))
    root.chmod(0o755)
    try:
        children = _start(stand, root, certificate)
        try:
            yield children
        finally:
            stand.stop(*children.children)
    finally:
        shutil.rmtree(root)


def _start(stand: Stand, root: Path, certificate: str) -> Submission:
    username, password = "shop", secrets.token_urlsafe(32)
    sasl_port, port = free_port(), free_port()
    argv = (sys.executable, "-m", "scripts.bench.sasl_server", str(sasl_port), username, password)
    sasl = stand.supervisor.spawn(Program(name="sasl", argv=argv, stage=2))
    stand.supervisor.await_ready(sasl, greets(sasl_port, b"VERSION"), seconds=_READY_SECONDS)
    pem = root / "server.pem"
    pem.write_text(certificate)
    pem.chmod(0o600)
    owner = pwd.getpwnam("postfix")
    configuration = root / "conf"
    for folder in (configuration, root / "queue", root / "data"):
        folder.mkdir(exist_ok=True)
    os.chown(root / "data", owner.pw_uid, owner.pw_gid)
    names = {name: said_by_postconf(f"{name}_directory") for name in ("daemon", "command")}
    main = _MAIN.format(
        root=root,
        daemons=names["daemon"],
        commands=names["command"],
        certificate=pem,
        sasl_port=sasl_port,
    )
    (configuration / "main.cf").write_text(main)
    (configuration / "master.cf").write_text(MASTER.format(port=port) + "tlsmgr unix - - n 1000? 1 tlsmgr\n")
    shutil.copy("/etc/postfix/dynamicmaps.cf", configuration)
    command = [program("postfix"), "-c", str(configuration), "check"]
    subprocess.run(command, check=True, capture_output=True, text=True)
    started = (f"{names['daemon']}/master", "-c", str(configuration), "-d")
    master = stand.supervisor.spawn(Program(name="postfix-submission", argv=started, stage=3, grace=30.0))
    stand.supervisor.await_ready(master, greets(port, b"220"), seconds=_READY_SECONDS)
    return Submission(
        port=port, username=username, password=password, queue=root / "queue", children=(master, sasl)
    )
