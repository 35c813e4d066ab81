"""The receiver: Postfix' `smtp-sink`, which counts; with a folder it also keeps every mail."""

import os
import pwd
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relay_saas.embedded.probes import greets
from relay_saas.embedded.supervisor import Child, Program
from scripts.bench.packages import program
from scripts.bench.stand import Stand

_READY_SECONDS: Final = 10.0
#: Waiting connections, and sessions at once: 20 destinations x 2 runs x 20 sessions, and Postfix' own.
_BACKLOG, _SESSIONS = "1024", "2000"
#: Before each kept mail; no header and no line of the letter looks like it.
MARK: Final = b"\x01\x02 kept mail\n"
_STARTED: Final = r"\001\002 kept mail\n"
_COUNTED: Final = re.compile(rb"mesg=(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A running receiver on 127.0.0.1."""

    child: Child
    port: int
    log: Path
    folder: Path | None

    @property
    def accepted(self) -> int:
        """Messages answered with 250 after their dot."""
        size = self.log.stat().st_size
        with self.log.open("rb") as file:
            file.seek(max(0, size - 400))
            found = _COUNTED.findall(file.read())
        return int(found[-1]) if found else 0

    def kept(self) -> Iterator[bytes]:
        """Every kept mail as it was received: without the receiver's own header, with CRLF line ends."""
        for path in sorted(self.folder.iterdir()) if self.folder else ():
            for mail in path.read_bytes().split(MARK)[1:]:
                yield _as_received(mail)


@contextmanager
def receiving(
    stand: Stand, *, keep: bool = False, name: str = "sink", port: int | None = None
) -> Iterator[Sink]:
    """`smtp-sink -c` on `port`, or a free one; with `keep` it appends every mail to a file a minute."""
    port = port or free_port()
    log = stand.supervisor.data.log(name)
    log.unlink(missing_ok=True)
    folder = stand.supervisor.data.root / f"{name}-mails" if keep else None
    argv = [program("smtp-sink"), "-c", "-m", _SESSIONS]
    if os.geteuid() == 0:
        # It insists on a user; another one than ours could not write below our folder.
        argv += ["-u", pwd.getpwuid(os.geteuid()).pw_name]
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        argv += ["-S", _STARTED, "-D", f"{folder}/%H%M."]
    argv += [f"inet:127.0.0.1:{port}", _BACKLOG]
    child = stand.supervisor.spawn(Program(name=name, argv=tuple(argv), stage=2))
    stand.supervisor.await_ready(child, greets(port, b"220"), seconds=_READY_SECONDS)
    try:
        yield Sink(child=child, port=port, log=log, folder=folder)
    finally:
        stand.stop(child)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def receiving_tls(
    stand: Stand,
    *,
    keep: bool = False,  # noqa: ARG001 - it keeps none
    times: Path | None = None,
) -> Iterator[Sink]:
    """A receiver of our own that offers STARTTLS (`tls_sink`): smtp-sink cannot. With `times` it writes down
    there when messages came (`timed_sink`)."""
    port, name = free_port(), "tls-sink"
    log = stand.supervisor.data.log(name)
    log.unlink(missing_ok=True)
    module = "tls_sink" if times is None else "timed_sink"
    told = (str(port), str(stand.supervisor.data.root), *([] if times is None else [str(times)]))
    argv = (sys.executable, "-m", f"scripts.bench.{module}", *told)
    child = stand.supervisor.spawn(Program(name=name, argv=argv, stage=2))
    stand.supervisor.await_ready(child, greets(port, b"220"), seconds=_READY_SECONDS)
    try:
        yield Sink(child=child, port=port, log=log, folder=None)
    finally:
        stand.stop(child)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def _as_received(mail: bytes) -> bytes:
    """The receiver's header ends with its Received field of three lines; an empty line ends the mail."""
    lines = mail.removesuffix(b"\n").split(b"\n")
    at = next(place for place, line in enumerate(lines) if line.startswith(b"Received: from"))
    return b"\r\n".join(lines[at + 3 :])
