"""A message in a recipient's hands, and reactions.log: one line for everything that is done about it."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from relay_saas.simulator.recipients.plan import Plan
from relay_saas.simulator.tail import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What was taken, its line in received-n.log, and what will be done about it."""

    line: Line
    raw: bytes
    plan: Plan

    @property
    def recipient(self) -> str:
        """The address as it was given at RCPT."""
        return str(self.line["rcpt"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactions:
    """The log."""

    path: Path

    def write(self, mail: Mail, action: str, *, method: str, url: str, agent: str, status: int) -> None:
        """One line; `status` is that of HTTP or SMTP, 0 where nobody answered."""
        line = {
            "time": time.time(),
            "action": action,
            "provider": mail.line["provider"],
            "rcpt": mail.recipient,
            "message_id": mail.line["message_id"],
            "method": method,
            "url": url,
            "user_agent": agent,
            "status": status,
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
