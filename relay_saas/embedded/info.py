"""The description of a running demo, for people and programs that want to talk to it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relay_saas.embedded import lock
from relay_saas.embedded.environment import SUBMISSION_CERTIFICATE
from relay_saas.embedded.exceptions import NotRunning
from relay_saas.embedded.paths import DataDir
from relay_saas.embedded.ports import LOCAL, Ports

#: What the story knows and the start does not.
OF_THE_STORY = ("tenant", "api_key", "owner_email", "owner_password")


def write(data: DataDir, ports: Ports, urls: Mapping[str, str], process_ids: Mapping[str, int]) -> None:
    """Put the description where `read` finds it."""
    description = {
        "base_url": f"http://{LOCAL}:{ports.web}",
        "owner_url": urls["DATABASE_OWNER_URL"],
        **dict.fromkeys(OF_THE_STORY),
        "mailboxes_url": f"http://{LOCAL}:{ports.mailboxes}",
        "dns": f"{LOCAL}:{ports.dns}",
        "smtp_port": ports.smtp,
        "smtp_submission": f"{LOCAL}:{ports.submission}",
        "ca_file": str(data.secrets / SUBMISSION_CERTIFICATE.lower()),
        "data_dir": str(data.root),
        "process_ids": {"supervisor": os.getpid(), **process_ids},
    }
    draft = data.info.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(description, indent=2), encoding="utf-8")
    draft.replace(data.info)


def read(root: Path) -> dict[str, Any]:
    """The description of the demo that runs in `root`; raises NotRunning where none does, or not yet."""
    data = DataDir(root=root.resolve())
    if not lock.is_held(data.lock):
        raise NotRunning(f"no demo runs in {root}: start one with `make demo`")
    if not data.info.exists():
        raise NotRunning(f"the demo in {root} is still starting: ask again in a few seconds")
    description: dict[str, Any] = json.loads(data.info.read_text(encoding="utf-8"))
    return description | story(data)


def story(data: DataDir) -> dict[str, Any]:
    """What the story wrote down about its tenant; empty before it did."""
    path = data.root / "relay" / "story.json"
    if not path.exists():
        return {}
    told = json.loads(path.read_text(encoding="utf-8"))
    return {name: told.get(name) for name in OF_THE_STORY}
