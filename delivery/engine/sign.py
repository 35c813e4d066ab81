"""Which keys sign a message, in which order, and for how long (docs/adr/0005-identity.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import AsyncConnection

from delivery.engine.job import Job
from relay_saas.mail.dkim import SigningKey, signatures
from relay_saas.mail.message import Letter

#: Seconds that a signature outlives the last attempt: queues of others, and people who verify later.
OUTLIVES: Final = 5 * 86_400

_NAMED: Final = """
select (select array_agg(id) from delivery_provider where name = any(%(names)s)),
  (select array_agg(id) from delivery_egresspool where name = any(%(names)s))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Our own signature, for providers whose complaint loop follows the signing domain."""

    key: SigningKey
    #: Mail to these providers, and from these pools, carries it.
    providers: frozenset[int] = frozenset()
    pools: frozenset[int] = frozenset()

    def signs(self, job: Job) -> bool:
        """Whether it is added for this job."""
        return job.provider_id in self.providers or job.pool_id in self.pools


async def load_platform(
    connection: AsyncConnection, key: SigningKey | None, names: Sequence[str]
) -> Platform | None:
    """The platform's signature; `names` are those of providers and pools."""
    if key is None:
        return None
    row = await (await connection.execute(_NAMED, {"names": list(names)})).fetchone()
    providers, pools = row or (None, None)
    return Platform(key=key, providers=frozenset(providers or ()), pools=frozenset(pools or ()))


def sign(
    letter: Letter, keys: Sequence[SigningKey], job: Job, *, at: int, platform: Platform | None = None
) -> bytes:
    """The signature fields that go on top of the message: the tenant's `keys` first, then the platform's.

    `at` is the first attempt's time in seconds, so that a retry is signed alike. Raises UnsignableMessage.
    """
    if platform is not None and platform.signs(job):
        keys = (*keys, platform.key)
    expires = int(job.expires_at.timestamp()) + OUTLIVES
    body = letter.body if letter.canonical is None else letter.canonical
    return signatures(letter.fields, body, keys, at, expires)
