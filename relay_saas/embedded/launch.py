"""Becomes another program: drops root where asked, asks for a signal when the parent dies, and execs.

Started as `python -I -S launch.py <signal> <parent pid> <uid> <gid> <program> [argument…]`; a uid of -1
changes nothing. It stands alone, without imports of ours: it runs before every process of the supervisor.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def enter_user_namespace(uid: int, gid: int) -> None:
    """Be `uid` in a namespace of one's own: on disk the files stay those of the real user."""
    real_uid, real_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER)")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {real_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {real_gid} 1")


def die_with_parent(number: int, parent: int) -> None:
    """Take signal `number` when the parent ends; end at once where it has ended already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)


def main(arguments: list[str]) -> None:
    """Do what the module says; never returns."""
    number, parent, uid, gid = (int(value) for value in arguments[:4])
    # What was started in the background has SIGINT ignored, and an ignored signal stays ignored over exec.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(name, signal.SIG_DFL)
    if uid >= 0:
        enter_user_namespace(uid, gid)
    # The kernel forgets the wish at a change of the user, hence after it.
    die_with_parent(number, parent)
    os.execvp(arguments[4], arguments[4:])  # noqa: S606 - the command line is the supervisor's own


if __name__ == "__main__":
    main(sys.argv[1:])
