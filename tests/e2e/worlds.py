"""The worlds of this folder's modules."""

from pathlib import Path

SCENARIOS = Path(__file__).with_name("scenarios")
