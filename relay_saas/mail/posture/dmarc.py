"""DMARC: what a domain asks receivers to do with forged mail, and which names belong together (RFC 9989)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relay_saas.mail.posture.asks import Asks

POLICIES: Final = ("none", "quarantine", "reject")
#: RFC 9989 §4.10: so many labels are walked at most.
MOST_LABELS: Final = 8
#: Tags of RFC 7489 that say nothing any more.
HISTORIC: Final = ("pct", "rf", "ri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One DMARC record."""

    #: Where it stands, without `_dmarc.`.
    domain: str
    text: str
    p: str
    sp: str
    np: str
    adkim: str
    aspf: str
    rua: tuple[str, ...]
    psd: str
    #: `t=y`: receivers do one step less than is asked.
    testing: bool
    historic: tuple[str, ...]

    def for_name(self, name: str, *, exists: bool = True) -> str:
        """What it asks for mail from `name` (RFC 9989 §4.7)."""
        if name == self.domain:
            return self.p
        return self.sp if exists else self.np


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One name of the walk and what stood there."""

    name: str
    texts: tuple[str, ...]
    policy: Policy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What the walk from a domain towards the root found."""

    domain: str
    steps: tuple[Step, ...]

    @property
    def organizational(self) -> str:
        """The organizational domain (RFC 9989 §4.10.2)."""
        held = [step for step in self.steps if step.policy is not None]
        for step in held:
            if step.policy is not None and step.policy.psd == "n":
                return step.name
            if step.policy is not None and step.policy.psd == "y" and step.name != self.domain:
                return _one_below(step.name, self.domain)
        return held[-1].name if held else self.domain

    @property
    def policy(self) -> Policy | None:
        """The record that counts: the domain's own, else its organization's, else the public suffix's."""
        held = {step.name: step.policy for step in self.steps if step.policy is not None}
        own = held.get(self.domain) or held.get(self.organizational)
        return own or next((policy for policy in held.values() if policy.psd == "y"), None)

    @property
    def several(self) -> bool:
        """Whether the domain's own name has two records, which count for none."""
        return sum(is_dmarc(text) for text in self.steps[0].texts) > 1

    @property
    def asked(self) -> str:
        """`none`, `quarantine`, `reject` for mail from the domain; "" where there is no policy."""
        return self.policy.for_name(self.domain) if self.policy is not None else ""


def is_dmarc(text: str) -> bool:
    """Whether a TXT record claims to be DMARC's."""
    return text.partition(";")[0].replace(" ", "") == "v=DMARC1"


def parse(domain: str, texts: Sequence[str]) -> Policy | None:
    """The record among a name's TXT records; None where there is none, several, or one without a policy."""
    records = [text for text in texts if is_dmarc(text)]
    if len(records) != 1:
        return None
    tags: dict[str, str] = {}
    for part in records[0].split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), value.strip())
    rua = tuple(uri.strip() for uri in tags.get("rua", "").split(",") if "mailto:" in uri.lower())
    p = tags.get("p", "").lower()
    if p not in POLICIES:
        # RFC 9989 §4.7: with somebody to tell, it is a policy of none
        if not rua:
            return None
        p = "none"
    sp = tags.get("sp", "").lower()
    np = tags.get("np", "").lower()
    sp = sp if sp in POLICIES else p
    return Policy(
        domain=domain,
        text=records[0],
        p=p,
        sp=sp,
        np=np if np in POLICIES else sp,
        adkim="s" if tags.get("adkim", "").lower() == "s" else "r",
        aspf="s" if tags.get("aspf", "").lower() == "s" else "r",
        rua=rua,
        psd=tags.get("psd", "u").lower(),
        testing=tags.get("t", "").lower() == "y",
        historic=tuple(name for name in HISTORIC if name in tags),
    )


async def discover(asks: Asks, domain: str) -> Discovery:
    """Walks from `domain` towards the root (RFC 9989 §4.10); raises DnsTemporaryError."""
    name = domain = domain.rstrip(".").lower()
    steps: list[Step] = []
    while name:
        texts = await asks.records(f"_dmarc.{name}", "TXT")
        policy = parse(name, texts)
        steps.append(Step(name=name, texts=tuple(texts), policy=policy))
        if policy is not None and policy.psd in {"y", "n"}:
            break
        labels = name.split(".")
        name = ".".join(labels[1:] if len(labels) < MOST_LABELS else labels[1 - MOST_LABELS :])
    return Discovery(domain=domain, steps=tuple(steps))


async def aligned(asks: Asks, author: Discovery, authenticated: str, *, strict: bool) -> bool:
    """Whether what SPF or DKIM has authenticated speaks for the From domain (RFC 9989 §4.4)."""
    name = authenticated.rstrip(".").lower()
    if name == author.domain:
        return True
    if strict:
        return False
    return (await discover(asks, name)).organizational == author.organizational


def _one_below(suffix: str, domain: str) -> str:
    extra = domain.removesuffix(f".{suffix}").rpartition(".")[2]
    return f"{extra}.{suffix}"
