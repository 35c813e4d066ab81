"""Reads the bad-input cases: `load("addresses")` yields `(group, case)`, `to_bytes` gives an input's
bytes."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Case = dict[str, Any]


def load(name: str) -> Iterator[tuple[str, Case]]:
    """The cases of `<name>.json` with the name of their group."""
    document = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    for case in document["cases"]:
        yield document["group"], case


def to_bytes(source: dict[str, Any]) -> bytes | None:
    """The bytes of an input; None where it is a behaviour, a dialogue or a generated file."""
    if "text" in source:
        return source["text"].encode("utf-8", "surrogatepass")
    if "b64" in source:
        return base64.b64decode(source["b64"])
    if "repeat" in source:
        once = to_bytes({key: value for key, value in source["repeat"].items() if key != "n"})
        return None if once is None else once * source["repeat"]["n"]
    if "parts" in source:
        return b"".join(to_bytes(part) or b"" for part in source["parts"])
    return None
