"""The yardstick: a Postfix of our own with OpenDKIM as its milter, in folders of its own below var/.

Tuned as its manual says for a busy relay, see `_MAIN`; neither /etc/postfix nor a running service is touched.
"""

import base64
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from relay_saas.embedded.paths import PROJECT
from relay_saas.embedded.probes import greets
from relay_saas.embedded.supervisor import Child, Program
from scripts.bench.destinations import DOMAINS
from scripts.bench.packages import program
from scripts.bench.sink import free_port
from scripts.bench.stand import BenchFailed, Stand

DOMAIN, SELECTOR = "news.bench.test", "yardstick"
_READY_SECONDS: Final = 30.0
_CONFIGURATION = "/etc/postfix"

#: Durable as shipped (every message is fsynced before its 250). Raised: processes, concurrency to a
#: destination from 20 to 100, the active queue from 20,000 to 50,000; without the brake on intake, without
#: look-ups of the client's name, one log file instead of syslog.
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
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_milters = unix:opendkim/socket
milter_default_action = tempfail
transport_maps = inline:{{ {transports} }}
smtp_tls_security_level = none
smtpd_tls_security_level = none
default_process_limit = 200
default_destination_concurrency_limit = 100
initial_destination_concurrency = 50
qmgr_message_active_limit = 50000
qmgr_message_recipient_limit = 50000
in_flow_delay = 0
"""
MASTER: Final = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_OPENDKIM: Final = """
Mode s
Domain {domain}
Selector {selector}
KeyFile {key}
Canonicalization relaxed/relaxed
SignatureAlgorithm rsa-sha256
OversignHeaders From
Socket local:{socket}
UMask 000
Syslog no
RequireSafeKeys no
Background no
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """A running Postfix with its signer."""

    port: int
    master: Child
    signer: Child
    log: Path
    #: Value of the signer's key record.
    txt: str


@contextmanager
def running_yardstick(stand: Stand, sink_port: int) -> Iterator[Yardstick]:
    """Postfix and OpenDKIM, delivering everything to 127.0.0.1:sink_port; raises BenchFailed."""
    if os.geteuid() != 0:
        raise BenchFailed("Postfix' master starts as root only: run the bench as root for its column")
    # Postfix' own user must reach it, which a private folder of ours would hinder.
    root = Path(tempfile.mkdtemp(prefix="postfix-", dir=PROJECT / "var"))
    root.chmod(0o755)
    try:
        signer, txt = _signer(stand, root)
        master, port = _master(stand, root, sink_port)
        try:
            yield Yardstick(port=port, master=master, signer=signer, log=root / "data/mail.log", txt=txt)
        finally:
            stand.stop(master, signer)
    finally:
        shutil.rmtree(root)


def _master(stand: Stand, root: Path, sink_port: int) -> tuple[Child, int]:
    owner = pwd.getpwnam("postfix")
    configuration = root / "conf"
    for folder in (configuration, root / "queue", root / "data"):
        folder.mkdir(exist_ok=True)
    os.chown(root / "data", owner.pw_uid, owner.pw_gid)
    port = free_port()
    transports = ", ".join(f"{{ {domain} = smtp:[127.0.0.1]:{sink_port} }}" for domain in DOMAINS)
    folders = {name: said_by_postconf(f"{name}_directory") for name in ("daemon", "command")}
    main = _MAIN.format(
        root=root, transports=transports, daemons=folders["daemon"], commands=folders["command"]
    )
    (configuration / "main.cf").write_text(main)
    (configuration / "master.cf").write_text(MASTER.format(port=port))
    shutil.copy(f"{_CONFIGURATION}/dynamicmaps.cf", configuration)
    # Makes the queue's folders, with their owners.
    subprocess.run(
        [program("postfix"), "-c", str(configuration), "check"], check=True, capture_output=True, text=True
    )
    argv = (f"{folders['daemon']}/master", "-c", str(configuration), "-d")
    child = stand.supervisor.spawn(Program(name="postfix", argv=argv, stage=3, grace=30.0))
    stand.supervisor.await_ready(child, greets(port, b"220"), seconds=_READY_SECONDS)
    return child, port


def _signer(stand: Stand, root: Path) -> tuple[Child, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (root / "key.pem").write_bytes(pem)
    socket = root / "queue/opendkim/socket"
    socket.parent.mkdir(parents=True)
    (root / "opendkim.conf").write_text(
        _OPENDKIM.format(domain=DOMAIN, selector=SELECTOR, key=root / "key.pem", socket=socket)
    )
    argv = (program("opendkim"), "-f", "-x", str(root / "opendkim.conf"))
    child = stand.supervisor.spawn(Program(name="opendkim", argv=argv, stage=2))
    stand.supervisor.await_ready(child, socket.exists, seconds=_READY_SECONDS)
    return child, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def said_by_postconf(name: str) -> str:
    """A setting as the installed Postfix was built with it: its programs lie elsewhere on each system."""
    ran = subprocess.run([program("postconf"), "-dh", name], check=True, capture_output=True, text=True)
    return ran.stdout.strip()
