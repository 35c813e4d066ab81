"""What one run of our own column came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scripts.bench import signature

OURS: Final = ("postgres", "valkey", "delivery", "others")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run of our column."""

    count: int
    #: From the launch request to the last acceptance at the sink.
    seconds: float
    first_seconds: float
    #: CPU seconds by group: postgres, valkey, delivery (queue runs), others (tasks, beat), sink.
    cpu: dict[str, float]
    signature: signature.SignatureCost
    worker_mb: float
    #: Share of the machine that processes outside of the bench took meanwhile.
    foreign: float
    #: The algorithms of each message's signatures.
    signatures: Sequence[str]
    #: Mails whose signatures were all verified.
    verified: int = 0

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.count / self.seconds

    @property
    def ours_ms(self) -> float:
        """CPU milliseconds per message over PostgreSQL, Valkey and all workers; the sink is not ours."""
        return 1000 * sum(self.cpu[name] for name in OURS) / self.count

    @property
    def without_signatures_ms(self) -> float:
        """The same without the signatures."""
        return self.ours_ms - sum(self.signature.of(algorithm) for algorithm in self.signatures)
