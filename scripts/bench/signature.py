"""What one signature costs here and now: `cryptography` with a loaded key, on all cores."""

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
        found = list(pool.map(_one_core, range(cores)))
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


def _one_core(_number: int) -> tuple[float, float]:
    by_rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    by_ed25519 = Ed25519PrivateKey.generate()
    return (
        _median_ms(lambda: by_rsa.sign(_DATA, padding.PKCS1v15(), hashes.SHA256())),
        _median_ms(lambda: by_ed25519.sign(_DATA[:32])),
    )


def _median_ms(work: Callable[[], object]) -> float:
    rounds = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(_EACH):
            work()
        rounds.append((time.process_time() - began) / _EACH * 1000)
    return statistics.median(rounds)


if __name__ == "__main__":
    sys.stdout.write(f"{measure().rsa2048_ms}\n")
