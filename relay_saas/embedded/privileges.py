"""How a process that refuses to be root is started by root: a user namespace, or else setpriv."""

import enum
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from relay_saas.embedded.exceptions import NoPlainUser

LAUNCH = Path(__file__).with_name("launch.py")
NOBODY = "nobody"


class Identity(enum.Enum):
    """As whom a process runs."""

    SELF = "self"
    #: Nobody, but only inside a user namespace: files on disk stay root's.
    NAMESPACE = "namespace"
    #: Really nobody, with the one capability that reads below a 0700 home.
    SETPRIV = "setpriv"


def command(
    argv: Sequence[str], *, identity: Identity, death_signal: signal.Signals, parent: int
) -> list[str]:
    """The command line that runs `argv` as `identity` and signals it when process `parent` ends."""
    uid = gid = -1
    program = list(argv)
    if identity is Identity.NAMESPACE:
        nobody = pwd.getpwnam(NOBODY)
        uid, gid = nobody.pw_uid, nobody.pw_gid
    elif identity is Identity.SETPRIV:
        program = [*_setpriv(death_signal), *program]
    launch = [
        sys.executable,
        "-I",
        "-S",
        str(LAUNCH),
        str(int(death_signal)),
        str(parent),
        str(uid),
        str(gid),
    ]
    return [*launch, *program]


def unprivileged() -> Identity:
    """The identity for PostgreSQL, which refuses root; raises NoPlainUser where root finds no way."""
    if os.geteuid() != 0:
        return Identity.SELF
    for identity in (Identity.NAMESPACE, Identity.SETPRIV):
        if works(identity):
            return identity
    raise NoPlainUser(
        "PostgreSQL refuses to run as root, and neither user namespaces nor setpriv (util-linux) work: "
        "run this as an ordinary user, or set DATABASE_URL and its two companions"
    )


def works(identity: Identity) -> bool:
    """Whether a process can be started as `identity` on this machine."""
    if identity is Identity.SETPRIV and shutil.which("setpriv") is None:
        return False
    trial = command(["true"], identity=identity, death_signal=signal.SIGTERM, parent=os.getpid())
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


def hand_over(folder: Path, identity: Identity) -> None:
    """Give `folder` and what is in it to whom `identity` is on disk; only root has to."""
    if os.geteuid() != 0 or not folder.exists():
        return
    nobody = pwd.getpwnam(NOBODY)
    owner = (nobody.pw_uid, nobody.pw_gid) if identity is Identity.SETPRIV else (0, 0)
    if folder.stat().st_uid == owner[0]:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *owner, follow_symlinks=False)


def _setpriv(death_signal: signal.Signals) -> list[str]:
    nobody = pwd.getpwnam(NOBODY)
    return [
        "setpriv",
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--securebits=+no_setuid_fixup",
        "--pdeathsig",
        death_signal.name.removeprefix("SIG"),
        "--",
    ]
