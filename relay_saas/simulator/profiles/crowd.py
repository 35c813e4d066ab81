"""A long tail from one file: `crowd = 2000` makes so many providers, each with domain and host of its own."""

from collections.abc import Iterator
from typing import Any

Table = dict[str, Any]
#: Hosts of a crowd share the third octet in groups of this size.
GROUP = 250


def crowd(stem: str, table: Table) -> Iterator[tuple[str, Table]]:
    """(name, table) of every provider that a file describes; {n} in names is its number, from 1.

    The address in the file is where its range begins: 127.20.100.0 gives 127.20.100.1 and up.
    """
    size = table.get("crowd", 0)
    if not size:
        yield stem, table
        return
    for number in range(1, size + 1):
        one = {key: value for key, value in table.items() if key != "crowd"}
        one["domains"] = [domain.replace("{n}", str(number)) for domain in table["domains"]]
        one["mx"] = [_own(entry, number) for entry in table["mx"]]
        yield f"{stem}-{number}", one


def _own(entry: Table, number: int) -> Table:
    name = entry["name"].replace("{n}", str(number))
    return entry | {"name": name, "address": _address(entry["address"], number)}


def _address(first: str, number: int) -> str:
    a, b, c, _ = first.split(".")
    group, place = divmod(number - 1, GROUP)
    return f"{a}.{b}.{int(c) + group}.{place + 1}"
