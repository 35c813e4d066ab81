"""R24, R37: a database put back from a copy, and a journal whose disk is full."""

import os
import signal
import subprocess
import time
from dataclasses import replace

import psycopg
from psycopg import sql

from relay_saas.embedded.postgres import SUPERUSER, binaries
from scripts.faults.stage import Stage
from scripts.product_run.campaigns import People
from scripts.product_run.ledger import Books
from scripts.product_run.waiting import until

DOMAIN = "steady.test"
DISK = 64 * 1024


def restored(stage: Stage) -> None:
    """pg_dump at a third, restored once all is sent: nothing goes out again by itself, a person decides."""
    people = stage.audience(DOMAIN, 300)
    books = stage.send(people)
    stage.in_flight(books, 0.3)
    dump = stage.product.data.root / "dump"
    _postgres(stage, "pg_dump", "-Fc", "-f", str(dump), "relay")
    stage.settle(books)
    taken = len(stage.receivers().copies())
    for name in ("delivery", "tasks", "beat"):
        child = stage.product.process(name)
        child.popen.terminate()
        until(lambda child=child: child.status is not None, seconds=60, what="the end")  # type: ignore[misc]
    _put_back(stage, str(dump))
    for name in ("delivery", "tasks", "beat"):
        stage.product.respawn(name)
    books = Books(stage.product.owner, books.campaign)
    waiting = books.open
    time.sleep(15)
    again = len(stage.receivers().copies()) - taken
    stage.note(f"{waiting} waited in the copy; {again} were sent by themselves")
    stage.check(waiting > 0, "void: the copy had nothing to send")
    stage.check(again == 0, f"{again} messages were sent again by themselves")
    stage.note(stage.product.manage("restored", "list").strip())
    stage.note(stage.product.manage("restored", "doubt").strip())
    stage.note(stage.product.manage("restored", "resume").strip())
    stage.settle(books)
    _account_copy(stage, people, books)


def _account_copy(stage: Stage, people: People, books: Books) -> None:
    doubts = books.in_state(8)
    report = stage.account(people, books, doubts=doubts)
    stage.note(str(report["states"]))


def _put_back(stage: Stage, dump: str) -> None:
    """The database of that name is made anew from the dump."""
    stage.product.owner.close()
    with psycopg.connect(_superuser(stage), autocommit=True) as admin:
        admin.execute("drop database relay with (force)")
        admin.execute(sql.SQL("create database relay owner relay_owner"))
    _postgres(stage, "pg_restore", "-d", "relay", dump)
    owner = psycopg.connect(stage.product.owner_url, autocommit=True)
    stage.product = replace(stage.product, owner=owner)


def _superuser(stage: Stage) -> str:
    return f"postgresql://{SUPERUSER}@/postgres?host={stage.product.data.sockets()}"


def _postgres(stage: Stage, program: str, *arguments: str) -> None:
    subprocess.run(
        [str(binaries() / program), "-U", SUPERUSER, "-h", str(stage.product.data.sockets()), *arguments],
        check=True,
        capture_output=True,
        timeout=120,
    )


def disk_full(stage: Stage) -> None:
    """The journals' disk is full: nothing more is sent, and it goes on by itself once there is room."""
    people = stage.audience(DOMAIN, 1500)
    folder = stage.product.data.relay / "journal"
    worker = stage.product.process("delivery")
    worker.popen.terminate()
    until(lambda: worker.status is not None, seconds=60, what="the end of the worker")
    folder.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        stage.product.respawn("delivery")
        stage.check(kept=False, what=f"cannot be run: {mounted.stderr.decode().strip()}")
        return
    filler = folder / "full"
    try:
        stage.product.respawn("delivery")
        books = stage.send(people)
        stage.in_flight(books, 0.1)
        filler.write_bytes(b"x" * (DISK - _used(folder) - 4096))
        with filler.open("ab") as file:
            while _room(folder):
                file.write(b"x" * 512)
                file.flush()
        time.sleep(12)
        stage.note(f"{books.open} open with a full disk")
        stage.check(books.open > 0, "void: all was sent")
        filler.unlink()
        began = time.monotonic()
        stage.settle(books, seconds=120)
        stage.note(f"ended {time.monotonic() - began:.1f} s after there was room")
        stage.account(people, books, doubts=books.in_state(8))
        stage.check(not books.in_state(8), f"{len(books.in_state(8))} in doubt for want of room")
    finally:
        _leave(stage, str(folder))


def _used(folder: os.PathLike[str]) -> int:
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_bsize


def _room(folder: os.PathLike[str]) -> bool:
    return os.statvfs(folder).f_bavail > 0


def _leave(stage: Stage, folder: str) -> None:
    worker = stage.product.process("delivery")
    if worker.status is None:
        worker.popen.send_signal(signal.SIGTERM)
        until(lambda: worker.status is not None, seconds=60, what="the end of the worker")
    subprocess.run(["umount", "-l", folder], check=True)
    stage.product.respawn("delivery")
