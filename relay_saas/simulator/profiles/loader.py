"""Reads a scenario: TOML files in, frozen providers out."""

import tomllib
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

from relay_saas.simulator.exceptions import ProfileError
from relay_saas.simulator.profiles.crowd import crowd
from relay_saas.simulator.profiles.model import (
    Brake,
    Faults,
    Late,
    Limits,
    MxHost,
    People,
    Provider,
    Scenario,
    Share,
)

HERE = Path(__file__).parent
SCENARIO_FILE = "_scenario.toml"
SECTIONS: dict[str, type] = {
    "limits": Limits,
    "unknown": Share,
    "full": Share,
    "filtered": Share,
    "greylist": Share,
    "deferred": Share,
    "slow": Share,
    "late": Late,
    "people": People,
    "faults": Faults,
}
#: Sections that may stand several times.
LISTS: dict[str, type] = {"mx": MxHost, "brakes": Brake}
Table = dict[str, Any]


def load_scenario(name: str) -> Scenario:
    """The scenario of that name, or of the folder `name` points to; raises ProfileError."""
    folder = HERE / name if (HERE / name).is_dir() else Path(name)
    if not folder.is_dir():
        known = ", ".join(
            sorted(path.name for path in HERE.iterdir() if path.is_dir() and path.name[0] != "_")
        )
        raise ProfileError("unknown_scenario", f"There is no scenario {name!r}. Known are: {known}.")
    tables = _tables(folder)
    whole = {file: _inherited(file, tables) for file, table in sorted(tables.items()) if table.get("domains")}
    providers = tuple(
        _provider(stem, one) for file, table in whole.items() for stem, one in crowd(file, table)
    )
    _check_addresses(providers)
    return Scenario(name=folder.name, providers=providers)


def _tables(folder: Path) -> dict[str, Table]:
    """All profile tables of a folder by file stem, those of the scenario it extends below its own.

    A file that extends its own name says only what differs from the one below it; `only` keeps some files.
    """
    scenario = _read(folder / SCENARIO_FILE) if (folder / SCENARIO_FILE).exists() else {}
    tables = _tables(HERE / scenario["extends"]) if "extends" in scenario else {}
    for path in sorted(folder.glob("*.toml")):
        if path.name != SCENARIO_FILE:
            own = _read(path)
            again = own.get("extends") == path.stem and path.stem in tables
            tables[path.stem] = _merge(tables[path.stem], _without_base(own)) if again else own
    everywhere = scenario.get("every_provider", {})
    only = set(scenario.get("only", tables))
    for stem in tables.keys() - only:
        tables[stem]["domains"] = []
    return {stem: _merge(table, everywhere) for stem, table in tables.items()}


def _read(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProfileError("unreadable_profile", f"{path.name}: {error}") from error


def _inherited(stem: str, tables: dict[str, Table]) -> Table:
    """A profile with what it leaves out taken from the profile it extends."""
    table = tables[stem]
    base = table.get("extends")
    if base is None:
        return table
    if base not in tables or base == stem:
        raise ProfileError("unknown_base", f"{stem}.toml extends {base!r}, which is not there.")
    return _merge(_without_base(_inherited(base, tables)), table)


def _without_base(table: Table) -> Table:
    return {key: value for key, value in table.items() if key != "extends"}


def _merge(below: Table, above: Table) -> Table:
    merged = dict(below)
    for key, value in above.items():
        merged[key] = _merge(below[key], value) if isinstance(value, dict) and key in below else value
    return merged


def _provider(stem: str, table: Table) -> Provider:
    values: Table = {"name": stem, "title": stem}
    for key, value in table.items():
        if key == "extends":
            continue
        if key in LISTS:
            values[key] = tuple(_section(stem, key, LISTS[key], entry) for entry in value)
        elif key in SECTIONS:
            values[key] = _section(stem, key, SECTIONS[key], value)
        else:
            values[key] = _plain(value)
    return _build(stem, "", Provider, values)  # type: ignore[no-any-return]  # built by its own class


def _section(stem: str, name: str, kind: type, table: Table) -> Any:
    return _build(stem, name, kind, {key: _plain(value) for key, value in table.items()})


def _build(stem: str, section: str, kind: type, values: Table) -> Any:
    unknown = sorted(set(values) - {entry.name for entry in fields(kind)})
    if unknown:
        where = f" [{section}]" if section else ""
        raise ProfileError("unknown_key", f"{stem}.toml{where} has unknown keys: {', '.join(unknown)}.")
    try:
        return kind(**values)
    except TypeError as error:
        raise ProfileError("incomplete_profile", f"{stem}.toml {section}: {error}") from error


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _check_addresses(providers: tuple[Provider, ...]) -> None:
    """Every mail exchanger needs an address of its own, every domain one provider."""
    hosts = [host.address for provider in providers for host in provider.mx]
    domains = [domain for provider in providers for domain in provider.domains]
    for what, names in (("address", hosts), ("domain", domains)):
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        if twice:
            raise ProfileError("taken_twice", f"The {what} {twice[0]} belongs to two providers.")
