"""What hosts have shown beyond what they say: extensions that are broken although offered, or proven."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from relay_saas.mail.replies import Stage
from relay_saas.mail.smtp.chunked import Chunking
from relay_saas.mail.smtp.outcome import Cause, Kind, Outcome
from relay_saas.mail.smtp.session import Options
from relay_saas.mail.smtp.tls import TlsPolicy

#: How long a broken extension is not used, and a proven one is.
BROKEN_FOR = timedelta(hours=1)
PROVEN_FOR = timedelta(days=1)
#: Sessions of a host with missing or odd pipelined replies before it is spoken to one by one.
SUSPICIONS = 2
#: Messages that a host took by careful BDAT before it is proven.
PROOFS = 10
#: Characters of evidence.
_EVIDENCE_LIMIT = 200
_HOSTS_LIMIT = 10_000


class Extension(StrEnum):
    """Extensions that hosts get wrong."""

    STARTTLS = "starttls"
    PIPELINING = "pipelining"
    CHUNKING = "chunking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One thing learned of one host (its MX name)."""

    host: str
    extension: Extension
    works: bool
    evidence: str
    until: datetime


class Workarounds:
    """The traits of one process; `fresh` holds those that were learned since it was emptied last."""

    def __init__(
        self, known: Iterable[Trait] = (), *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._traits = {(trait.host, trait.extension): trait for trait in known}
        self._suspicions: Counter[str] = Counter()
        self._proofs: Counter[str] = Counter()
        self._clock = clock
        self.fresh: list[Trait] = []

    def __iter__(self) -> Iterator[Trait]:
        return iter([trait for trait in self._traits.values() if self._clock() < trait.until])

    def of(self, host: str, extension: Extension) -> bool | None:
        """Whether it works there; None where nothing is known."""
        trait = self._traits.get((host, extension))
        if trait is None:
            return None
        if self._clock() < trait.until:
            return trait.works
        del self._traits[host, extension]
        return None

    def applied(self, options: Options, host: str) -> Options:
        """How this host is spoken to. TLS that is required is never given up."""
        if not self._traits:
            return options
        if options.tls is TlsPolicy.OPPORTUNISTIC and self.of(host, Extension.STARTTLS) is False:
            options = replace(options, tls=TlsPolicy.NEVER)
        if options.pipelining and self.of(host, Extension.PIPELINING) is False:
            options = replace(options, pipelining=False)
        chunking = self.of(host, Extension.CHUNKING)
        if options.chunking is not Chunking.NEVER and chunking is not None:
            options = replace(options, chunking=Chunking.PROVEN if chunking else Chunking.NEVER)
        return options

    def learn(self, outcome: Outcome, options: Options) -> bool:
        """How a session or a transaction ended; true where the host is spoken to otherwise from now on."""
        host = outcome.peer.host
        if outcome.kind is Kind.CONNECT_FAILED:
            # RFC 7435: clear text is what the alternative to a failed handshake would have been.
            return (
                outcome.cause is Cause.TLS
                and options.tls is TlsPolicy.OPPORTUNISTIC
                and self._learned(host, Extension.STARTTLS, outcome.detail, works=False)
            )
        if outcome.chunked:
            return self._chunked(outcome, options)
        if not _out_of_step(outcome):
            return False
        if len(self._suspicions) >= _HOSTS_LIMIT:
            self._suspicions.clear()
        self._suspicions[host] += 1
        if self._suspicions[host] < SUSPICIONS:
            return False
        del self._suspicions[host]
        return self._learned(host, Extension.PIPELINING, f"{outcome.cause}: {outcome.detail}", works=False)

    def _chunked(self, outcome: Outcome, options: Options) -> bool:
        """A proof is a row of deliveries; whatever was unclear ends the trust."""
        host = outcome.peer.host
        if outcome.kind is Kind.IN_DOUBT or (
            outcome.kind is Kind.NOT_ATTEMPTED and outcome.stage is Stage.DATA
        ):
            del self._proofs[host]
            detail = f"{outcome.cause}: {outcome.detail}"
            return self._learned(host, Extension.CHUNKING, detail, works=False)
        if outcome.delivered and options.chunking is Chunking.CAREFUL:
            if len(self._proofs) >= _HOSTS_LIMIT:
                self._proofs.clear()
            self._proofs[host] += 1
            if self._proofs[host] == PROOFS:
                del self._proofs[host]
                return self._learned(host, Extension.CHUNKING, "", works=True)
        return False

    def _learned(self, host: str, extension: Extension, evidence: str, *, works: bool) -> bool:
        until = self._clock() + (PROVEN_FOR if works else BROKEN_FOR)
        trait = Trait(
            host=host, extension=extension, works=works, evidence=evidence[:_EVIDENCE_LIMIT], until=until
        )
        self._traits.pop((host, extension), None)
        while len(self._traits) >= _HOSTS_LIMIT:
            del self._traits[next(iter(self._traits))]
        self._traits[host, extension] = trait
        self.fresh.append(trait)
        return True


def _out_of_step(outcome: Outcome) -> bool:
    """Whether pipelined commands were not answered one by one."""
    unanswered = outcome.kind is Kind.LOST_BEFORE_DATA and outcome.stage in {Stage.RCPT, Stage.DATA}
    return outcome.pipelined and unanswered and outcome.cause in {Cause.GARBAGE, Cause.SURPLUS, Cause.TIMEOUT}
