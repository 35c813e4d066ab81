"""`demo_story`: tells the story of `make demo` on this terminal; ends with 0 only if the accounting
agrees."""

import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand

from relay_saas.console.demo.result import rows
from relay_saas.console.demo.story import Story
from relay_saas.console.demo.terminal import Terminal


class Command(BaseCommand):
    """Needs the demo's processes: `make demo` starts them, then this."""

    help = "Imports 10,000 contacts, sends them a campaign, and accounts for every message."

    def handle(self, *_args: Any, **_options: Any) -> None:
        terminal = Terminal(sys.stdout)
        simulator = Path(os.environ.get("RELAY_SIMULATOR_DIR", str(settings.RELAY_DATA_DIR / "simulator")))
        ending = Story(terminal, simulator).tell()
        terminal.say()
        terminal.table(list(rows(ending)))
        if not ending.verdict["agrees"]:
            sys.exit(1)
