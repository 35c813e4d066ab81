"""All scenarios by name, in the order in which they are played."""

from typing import Final

from scripts.scenarios.plays import greylisting
from scripts.scenarios.plays.play import Play

PLAYS: Final[dict[str, Play]] = {
    "greylisting": greylisting.PLAY,
}
__all__ = ["PLAYS", "Play"]
