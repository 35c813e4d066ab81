"""Refresh relay_saas/static/vendor from the pinned npm packages and write its hash lock (for maintainers).

Run `python scripts/vendor.py`; it needs npm. Pages load files from nowhere else, so the copies are committed.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "relay_saas" / "static" / "vendor"
SOURCE_MAP = re.compile(rb"\n?(//# sourceMappingURL=[^\n]*|/\*# sourceMappingURL=[^*]*\*/)\s*\Z")
VISIBLE_PATH = re.compile(r'<path d="([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One npm package and what is taken from it: path inside the package -> path inside the vendor folder."""

    name: str
    version: str
    files: dict[str, str]


ICONS = Package(name="@tabler/icons", version="3.51.0", files={"LICENSE": "icons/LICENSE"})
PACKAGES = (
    Package(
        name="@tabler/core",
        version="1.6.1",
        files={
            "dist/css/tabler.min.css": "tabler/tabler.min.css",
            "dist/js/tabler.min.js": "tabler/tabler.min.js",
        },
    ),
    Package(
        name="uplot",
        version="1.6.32",
        files={
            "dist/uPlot.iife.min.js": "uplot/uplot.min.js",
            "dist/uPlot.min.css": "uplot/uplot.min.css",
            "LICENSE": "uplot/LICENSE",
        },
    ),
    ICONS,
)
SPRITE = "icons/sprite.svg"
ICON_NAMES = (
    "address-book alert-circle alert-triangle arrow-left at ban building calendar chart-bar chart-line "
    "check chevron-down chevron-left chevron-right circle-check circle-dashed click clock code copy "
    "device-desktop dots download edit external-link eye file-text filter flask history home info-circle "
    "inbox key language list lock logout mail mail-off mail-opened mailbox menu-2 moon photo player-pause "
    "player-play player-stop plus progress refresh rocket search send settings shield-check sun template "
    "trash upload user users webhook world x"
)


def main() -> None:
    """Fetch every package into a temporary folder, copy what we use, and write the lock."""
    entries = []
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            root = fetch(package, Path(folder))
            written = [copy(root / source, target) for source, target in package.files.items()]
            if package is ICONS:
                written.append(write_sprite(root / "icons" / "outline"))
            licence = json.loads((root / "package.json").read_text())["license"]
            entries.append(entry(package, licence, written))
            sys.stdout.write(f"{package.name} {package.version}: {len(written)} files\n")
    lock = {"packages": entries}
    (VENDOR / "vendor.lock.json").write_text(json.dumps(lock, indent=2) + "\n")


def fetch(package: Package, folder: Path) -> Path:
    """Download one package by the ordinary npm client and return the folder it was unpacked to."""
    specifier = f"{package.name}@{package.version}"
    command = ["npm", "pack", specifier, "--silent", "--pack-destination", str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    root = folder / package.name.replace("/", "+")
    with tarfile.open(folder / answer.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(root, filter="data")
    return root / "package"


def copy(source: Path, target: str) -> str:
    """Copy one file without its source map comment (the map is not shipped); return the target path."""
    path = VENDOR / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(SOURCE_MAP.sub(b"\n", source.read_bytes()))
    return target


def write_sprite(outline: Path) -> str:
    """Join the icons that we use into one sprite of <symbol>s; return its path."""
    symbols = [symbol(name, (outline / f"{name}.svg").read_text()) for name in ICON_NAMES.split()]
    path = VENDOR / SPRITE
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n")
    return SPRITE


def symbol(name: str, svg: str) -> str:
    """Return one icon as a <symbol>; stroke and fill come from the <svg> that uses it."""
    body = "".join(f'<path d="{path}"/>' for path in VISIBLE_PATH.findall(svg))
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'


def entry(package: Package, licence: str, written: list[str]) -> dict[str, object]:
    """Return the lock entry of one package: what it is, its licence, and the SHA-256 of every file."""
    hashes = {
        target: hashlib.sha256((VENDOR / target).read_bytes()).hexdigest() for target in sorted(written)
    }
    return {"package": package.name, "version": package.version, "licence": licence, "files": hashes}


if __name__ == "__main__":
    main()
