"""Each operation as a command line, with its first example: the reference shows it beside the body."""

import json
from collections.abc import Mapping
from typing import Any, Final

_FORM: Final = "multipart/form-data"


def add_commands(document: Mapping[str, Any]) -> None:
    """Puts `x-codeSamples` into every operation."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            source = _command(method.upper(), path, operation)
            operation["x-codeSamples"] = [{"lang": "Shell", "label": "curl", "source": source}]


def _command(method: str, path: str, operation: Mapping[str, Any]) -> str:
    query = []
    for one in operation.get("parameters", []):
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", one["schema"]["examples"][0])
        elif one.get("required"):
            query.append(f"{one['name']}=…")
    asked = f"?{'&'.join(query)}" if query else ""
    words = [f'curl -X {method} "$BASE{path}{asked}"', '-H "Authorization: Bearer $KEY"']
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        words += _body(kind, content)
    return " \\\n  ".join(words)


def _body(kind: str, content: Mapping[str, Any]) -> list[str]:
    examples: Mapping[str, Any] = content.get("examples", {})
    value: Mapping[str, Any] = next((one["value"] for one in examples.values()), {})
    if kind == _FORM:
        return [f"-F {name}={'@contacts.csv' if name == 'file' else text}" for name, text in value.items()]
    body = json.dumps(value, ensure_ascii=False, indent=2).replace("'", "'\\''")
    return [f'-H "Content-Type: {kind}"', f"-d '{body}'"]
