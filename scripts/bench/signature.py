"""What one signature costs here and now: `cryptography` with a loaded key, on all cores.

Between two signatures a worker composes and talks, and what signing needs has left the nearest caches: so it
is measured behind a walk over other memory, as it is met in a run. The yardstick between machines is hot, as
`openssl speed` has it.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final

import psutil
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relay_saas.embedded.paths import PROJECT

_ROUNDS, _EACH = 15, 30
#: Octets that a walk touches: the second cache of today's processors.
_WALK: Final = 2 << 20
_CACHE_LINE: Final = 64
#: About as long as the signed header fields of a letter.
_DATA: Final = b"x" * 1200
#: OpenSSL's switch for what it finds in the processor: without AVX-512 IFMA, whose RSA is 2.7 x as fast.
_WITHOUT_IFMA: Final = {"OPENSSL_ia32cap": ":~0x200000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureCost:
    """Milliseconds of CPU for one signature."""

    rsa2048_ms: float
    ed25519_ms: float

    def of(self, algorithm: str) -> float:
        """By the algorithm's name in a DKIM-Signature."""
        return {"rsa-sha256": self.rsa2048_ms, "ed25519-sha256": self.ed25519_ms}[algorithm]


def measure() -> SignatureCost:
    """A process a core, as under load; the median of the rounds, the mean of the cores."""
    cores = psutil.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        found = list(pool.map(_one_core, [_WALK] * cores))
    return SignatureCost(
        rsa2048_ms=statistics.mean(cost[0] for cost in found),
        ed25519_ms=statistics.mean(cost[1] for cost in found),
    )


def mean(*costs: SignatureCost) -> SignatureCost:
    """Of the measurements before and after a row."""
    return SignatureCost(
        rsa2048_ms=statistics.mean(cost.rsa2048_ms for cost in costs),
        ed25519_ms=statistics.mean(cost.ed25519_ms for cost in costs),
    )


def plain_rsa2048_ms() -> float:
    """The same RSA signature by the instructions that every x86-64 server of ten years has.

    The yardstick between machines: what else a message costs does not gain from AVX-512 IFMA.
    """
    command = [sys.executable, "-m", "scripts.bench.signature"]
    ran = subprocess.run(
        command, cwd=PROJECT, env=os.environ | _WITHOUT_IFMA, capture_output=True, text=True, check=True
    )
    return float(ran.stdout)


def _one_core(walk: int) -> tuple[float, float]:
    by_rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    by_ed25519 = Ed25519PrivateKey.generate()
    memory = bytearray(walk)
    return (
        _median_ms(lambda: by_rsa.sign(_DATA, padding.PKCS1v15(), hashes.SHA256()), memory),
        _median_ms(lambda: by_ed25519.sign(_DATA[:32]), memory),
    )


def _median_ms(work: Callable[[], object], memory: bytearray) -> float:
    costs = []
    for _ in range(_ROUNDS * _EACH):
        for place in range(0, len(memory), _CACHE_LINE):
            memory[place] = 1
        began = time.thread_time_ns()
        work()
        costs.append(time.thread_time_ns() - began)
    return statistics.median(costs) / 1e6


if __name__ == "__main__":
    sys.stdout.write(f"{_one_core(0)[0]}\n")
