"""What one delivered transaction costs the sending process, in microseconds of its own processor time.

`python scripts/bench/smtp_cost.py [--messages N] [--sessions N] [--no-pipelining] [--raw]` sends 10 KB bodies
over reused sessions to a receiver in another process (smtp-sink where it is installed) and prints the cost,
also in signatures: one RSA-2048 signature in the same process is the measure that machines share.
"""

import argparse
import asyncio
import cProfile
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from relay_saas.mail.smtp.outcome import Peer  # noqa: E402 - the project is not installed
from relay_saas.mail.smtp.session import Options, Session, open_session  # noqa: E402
from relay_saas.mail.smtp.transaction import Outgoing  # noqa: E402

BODY = b"From: a@news.example.test\r\nSubject: hello\r\n\r\n" + (b"x" * 78 + b"\r\n") * 128


def main() -> int:
    """Measure and print; the exit code is 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--no-pipelining", dest="pipelining", action="store_false")
    parser.add_argument("--scanned", dest="clean", action="store_false", help="bodies nobody vouches for")
    parser.add_argument("--profile", help="write a profile of the sending side to this file")
    arguments = parser.parse_args()
    signature = rsa_microseconds()
    with sink() as port, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        cost = runner.run(sending_microseconds(arguments, port))
    sys.stdout.write(
        f"{cost:.1f} µs a transaction, one RSA-2048 signature {signature:.1f} µs: {cost / signature:.3f}\n"
    )
    return 0


async def sending_microseconds(arguments: argparse.Namespace, port: int) -> float:
    """Processor microseconds of this process for each delivered message."""
    peer = Peer(host="mx.example.test", address="127.0.0.1", port=port)
    options = Options(helo="relay.example.test", pipelining=arguments.pipelining)
    sessions = [await open_session(peer, options) for _ in range(arguments.sessions)]
    each = arguments.messages // arguments.sessions
    await asyncio.gather(*(send(session, 50, clean=arguments.clean) for session in sessions))
    with profiled(arguments.profile):
        began = time.process_time()
        delivered = sum(
            await asyncio.gather(*(send(session, each, clean=arguments.clean) for session in sessions))
        )
        spent = time.process_time() - began
    for session in sessions:
        await session.quit()
    if delivered != each * arguments.sessions:
        raise RuntimeError(f"{delivered} of {each * arguments.sessions} were delivered")
    return spent / delivered * 1e6


async def send(session: Session, count: int, *, clean: bool) -> int:
    """`count` messages in a row; returns how many were delivered."""
    delivered = 0
    for number in range(count):
        outgoing = Outgoing(
            mail_from=f"b.{number}@rp.example.test", rcpt=f"p{number}@example.test", data=BODY, clean=clean
        )
        outcome = await session.transaction(outgoing, nothing)
        delivered += outcome.delivered
    return delivered


async def nothing() -> None:
    """A `before_dot` without a journal."""


def rsa_microseconds(count: int = 300) -> float:
    """Processor microseconds of one RSA-2048 signature in this process."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    began = time.process_time()
    for _ in range(count):
        key.sign(b"x" * 500, padding.PKCS1v15(), hashes.SHA256())
    return (time.process_time() - began) / count * 1e6


@contextmanager
def profiled(path: str | None) -> Iterator[None]:
    """A profile of what runs inside, written to `path` where one is given."""
    if path is None:
        yield
        return
    profile = cProfile.Profile()
    profile.enable()
    yield
    profile.disable()
    profile.dump_stats(path)


@contextmanager
def sink() -> Iterator[int]:
    """smtp-sink on a free port, which it yields; raises RuntimeError where it is not installed."""
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    if program is None:
        raise RuntimeError("smtp-sink is missing: install postfix")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    unprivileged = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program, *unprivileged, f"127.0.0.1:{port}", "512"])
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for(port: int, seconds: float = 5) -> None:
    """Return when something listens there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("smtp-sink does not listen")


if __name__ == "__main__":
    sys.exit(main())
