"""The secrets of an installation that was given none: made once, kept in its data folder, never a default."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from relay_saas.embedded.certificate import self_signed


def _words() -> str:
    return secrets.token_urlsafe(48)


def _ring() -> str:
    """A ring of one key, as RELAY_MASTER_KEYS and RELAY_TOKEN_KEYS are written."""
    return f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}"


MAKERS: Mapping[str, Callable[[], str]] = {
    "RELAY_SECRET_KEY": _words,
    "RELAY_MASTER_KEYS": _ring,
    "RELAY_TOKEN_KEYS": _ring,
    "RELAY_API_PEPPER": _words,
}


def files(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """`NAME_FILE: path` for each secret that `given` lacks; makes the file (0600) where it is missing."""
    wanted = [name for name in MAKERS if not given.get(name) and not given.get(f"{name}_FILE")]
    return {f"{name}_FILE": str(_keep(folder / name.lower(), MAKERS[name])) for name in wanted}


def certificate(
    folder: Path, given: Mapping[str, str], setting: str, *, host: str, addresses: Sequence[str] = ()
) -> dict[str, str]:
    """The setting of a certificate for `host`, made once; nothing where `given` has one."""
    if given.get(setting):
        return {}
    kept = _keep(folder / setting.lower(), lambda: self_signed(host, addresses=addresses))
    return {setting: str(kept)}


def _keep(path: Path, make: Callable[[], str]) -> Path:
    if not path.exists():
        # Written beside and renamed: a kill in the middle must not leave half a key to be used for ever.
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(make())
        draft.replace(path)
    return path
