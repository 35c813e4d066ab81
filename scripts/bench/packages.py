"""The yardstick's programs: Postfix (with smtp-sink) and OpenDKIM, by apt where they are missing."""

import os
import shutil
import subprocess
from typing import Final

from scripts.bench.stand import BenchFailed

_PROGRAMS: Final = {"postfix": "postfix", "smtp-sink": "postfix", "opendkim": "opendkim"}
_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/usr/libexec/postfix"
#: Postfix asks what it is to be; "No configuration" starts no service.
_ANSWER: Final = "postfix postfix/main_mailer_type select No configuration\n"


def program(name: str) -> str:
    """The path of a program, also from folders that only root's shell searches; raises BenchFailed."""
    path = shutil.which(name, path=_PATH)
    if path is None:
        raise BenchFailed(
            f"{name} is missing: run 'apt-get install postfix opendkim' as root, then run this again"
        )
    return path


def ensure() -> None:
    """Installs what is missing, as root or by sudo; raises BenchFailed where neither is to be had."""
    missing = sorted({package for name, package in _PROGRAMS.items() if not found(name)})
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise BenchFailed(f"{' and '.join(missing)} missing, and no apt-get here: install by hand")
    sudo = _sudo()
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    commands: tuple[tuple[list[str], str], ...] = (
        (["debconf-set-selections"], _ANSWER),
        (["apt-get", "update", "-q"], ""),
        (["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing], ""),
    )
    for command, said in commands:
        ran = subprocess.run([*sudo, *command], env=environment, input=said, text=True, check=False)
        if ran.returncode != 0:
            raise BenchFailed(f"{' '.join(command)} ended with {ran.returncode}")
    for name in _PROGRAMS:
        program(name)


def found(name: str) -> bool:
    """Whether a program is there."""
    return shutil.which(name, path=_PATH) is not None


def _sudo() -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], check=False).returncode == 0:
        return ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"]
    raise BenchFailed(
        "postfix and opendkim are missing, and neither root nor sudo without a password is at hand: "
        "run 'apt-get install postfix opendkim' as root first"
    )
