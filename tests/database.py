"""Test databases: copies of a template that the owner migrates once for each state of the migrations."""

import hashlib
import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_DISPATCH_URL")
# What shapes a migrated database beside the migrations.
BESIDE = (
    "accounts/rls.py",
    "delivery/partitions.py",
    "relay_saas/management/commands/prepare_database.py",
    "requirements.txt",
    "tests/database.py",
)
# Any number: whoever makes templates takes this advisory lock.
MAKING = 7_410_025
FORCE, PLAIN = sql.SQL(" with (force)"), sql.SQL("")


def at(url: str, database: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def template_name() -> str:
    """`tpl_<hash>` of what shapes a migrated database: migrations, partitions, libraries, the month."""
    digest = hashlib.sha256(f"{datetime.now(UTC):%Y-%m}".encode())
    for path in sorted([*ROOT.glob("*/migrations/*.py"), *(ROOT / name for name in BESIDE)]):
        digest.update(path.name.encode() + path.read_bytes())
    return f"tpl_{digest.hexdigest()[:16]}"


def ensure_template(owner_url: str) -> str:
    """The template's name; migrates it first where it is missing. Safe beside others that do the same."""
    name = template_name()
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [MAKING])
        if not _exists(connection, name):
            draft = f"{name}_draft"
            _drop(connection, draft)
            _drop_old(connection)
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(draft)))
            _migrate(at(owner_url, draft))
            rename = sql.SQL("alter database {} rename to {}")
            connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))
    return name


def create(owner_url: str, database: str) -> None:
    """A fresh copy of the template (0.1 s); replaces a database of that name."""
    template = ensure_template(owner_url)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        _drop(connection, database)
        copy = sql.SQL("create database {} template {}")
        connection.execute(copy.format(sql.Identifier(database), sql.Identifier(template)))


def drop(owner_url: str, database: str) -> None:
    """Remove a database, whoever is connected to it."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        _drop(connection, database)


def _migrate(owner_url: str) -> None:
    environment = os.environ | {"DATABASE_URL": owner_url, "DATABASE_OWNER_URL": owner_url}
    command = [sys.executable, "manage.py", "prepare_database", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    with psycopg.connect(owner_url) as connection:
        # Tests with real transactions empty the tables afterwards, as relay_app.
        connection.execute("grant truncate on all tables in schema public to relay_app")


def _exists(connection: psycopg.Connection, database: str) -> bool:
    found = connection.execute("select from pg_database where datname = %s", [database])
    return found.fetchone() is not None


def _drop(connection: psycopg.Connection, database: str) -> None:
    drop = sql.SQL("drop database if exists {}").format(sql.Identifier(database))
    for ending in (FORCE, PLAIN, FORCE, PLAIN, FORCE):
        # An autovacuum worker may only be ended by a superuser, or by a plain drop, which others prevent.
        with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            connection.execute(drop + ending)
            return
    raise RuntimeError(f"{database} cannot be dropped: somebody connects to it again and again")


def _drop_old(connection: psycopg.Connection) -> None:
    old = connection.execute("select datname from pg_database where datname like 'tpl!_%' escape '!'")
    for (name,) in old.fetchall():
        _drop(connection, name)
