"""Typed readers of the environment; each setting may come as NAME or as NAME_FILE, the path of a file
that holds it."""

import base64
import binascii
import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The value of `name`, or what stands in the file named by `name`_FILE, or `default`."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def required(name: str) -> str:
    """The value of `name`; raises ImproperlyConfigured where it is missing."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) must be set")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """True for 1, true, yes, on."""
    value = text(name).lower()
    return value in {"1", "true", "yes", "on"} if value else default


def number(name: str, default: int) -> int:
    """A whole number."""
    value = text(name)
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from error


def words(name: str) -> list[str]:
    """A comma-separated list without its blanks."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of CIDR ranges."""
    try:
        return [ip_network(word) for word in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must list CIDR ranges: {error}") from error


def ranges(name: str, default: str) -> list[range]:
    """A comma-separated list of numbers and of ranges as `1024-65535`."""
    found = []
    for word in text(name, default).split(","):
        low, _, high = word.strip().partition("-")
        try:
            found.append(range(int(low), int(high or low) + 1))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} must list numbers, not {word!r}") from error
    return found


def keys(name: str) -> dict[int, bytes]:
    """Keys as `id:base64[,id:base64…]`; the first is the current one, the rest still open what they
    closed."""
    ring: dict[int, bytes] = {}
    for word in words(name):
        key_id, _, secret = word.partition(":")
        try:
            ring[int(key_id)] = base64.b64decode(secret, validate=True)
        except (ValueError, binascii.Error) as error:
            raise ImproperlyConfigured(f"{name} must look like 1:<base64>") from error
    if not ring:
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) must be set")
    return ring
