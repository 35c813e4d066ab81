"""Looks at processes that may be gone by the time one looks."""

from contextlib import suppress

import psutil

from scripts.faults.gates import Gate


def lives(process: psutil.Process) -> bool:
    """Whether it runs still; a zombie does not."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def speaks(process: psutil.Process, gate: Gate) -> bool:
    """Whether one of its connections stands at this gate."""
    held = {one.client for one in gate.held}
    with suppress(psutil.NoSuchProcess):
        ends = [one.laddr for one in process.net_connections("tcp") if one.laddr]
        return any((end.ip, end.port) in held for end in ends)
    return False


def children(process: psutil.Process) -> list[psutil.Process]:
    """Its children that live."""
    with suppress(psutil.NoSuchProcess):
        return [child for child in process.children() if lives(child)]
    return []
