"""All scenarios by name, in the order in which they are played."""

from typing import Final

from scripts.scenarios.plays import (
    au,
    black_holes,
    connections,
    dead_mx,
    docomo,
    false_unknown,
    gmail,
    greylisting,
    outlook,
    returns,
    slow,
    unfair,
    warm_up,
    yahoo,
    yahoo_jp,
)
from scripts.scenarios.plays.play import Play

PLAYS: Final[dict[str, Play]] = {
    "gmail_address": gmail.IP,
    "gmail_signer": gmail.SIGNER,
    "gmail_link": gmail.LINK,
    "yahoo": yahoo.PLAY,
    "outlook": outlook.PLAY,
    "yahoo_jp": yahoo_jp.PLAY,
    "greylisting": greylisting.PLAY,
    "docomo": docomo.PLAY,
    "au": au.PLAY,
    "returns": returns.PLAY,
    "false_unknown": false_unknown.PLAY,
    "dead_mx": dead_mx.PLAY,
    "black_holes": black_holes.PLAY,
    "slow": slow.PLAY,
    "unfair": unfair.PLAY,
    "connections": connections.PLAY,
    "warm_up": warm_up.PLAY,
}
__all__ = ["PLAYS", "Play"]
