"""The vendored browser files are exactly those that the lock names, and they call for nothing outside."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
VENDOR = ROOT / "relay_saas" / "static" / "vendor"
LOCK = json.loads((VENDOR / "vendor.lock.json").read_text())


def locked_files() -> dict[str, str]:
    return {name: digest for package in LOCK["packages"] for name, digest in package["files"].items()}


def test_every_vendored_file_has_the_hash_of_the_lock() -> None:
    found = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in locked_files()}
    assert found == locked_files()


def test_no_file_lies_in_the_vendor_folder_without_a_lock_entry() -> None:
    present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert present - {"vendor.lock.json"} == set(locked_files())


def test_every_package_names_a_version_and_a_permissive_licence() -> None:
    for package in LOCK["packages"]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["licence"] in {"MIT", "BSD-3-Clause", "Apache-2.0", "ISC"}


def test_no_vendored_file_asks_for_a_source_map_or_a_foreign_host() -> None:
    for name in locked_files():
        text = (VENDOR / name).read_text()
        assert "sourceMappingURL" not in text, name
        assert not re.search(r"""(url\(|@import\s*)["']?(https?:)?//""", text), name


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    icons = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons" / "sprite.svg").read_text()))
    named = re.compile(r'(?:<c-icon\b[^>]*?\bname|\bicon)="([a-z0-9-]+)"')
    used = {name for path in (ROOT / "templates").rglob("*.html") for name in named.findall(path.read_text())}
    assert used <= icons
