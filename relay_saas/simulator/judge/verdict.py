"""The receiver's verdict on one message: DKIM (RFC 6376, RFC 8463), SPF (RFC 7208), DMARC (RFC 7489)."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr

import dkim
import dns.exception
import spf
from authheaders import dmarc_per_from
from authheaders.dmarc_lookup import DMARCException, get_org_domain
from authres import DKIMAuthenticationResult, SPFAuthenticationResult

TxtSource = Callable[..., bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What one DKIM-Signature header amounts to."""

    domain: str
    selector: str
    algorithm: str
    #: "pass" or "fail".
    result: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the receiver holds of one message."""

    signatures: tuple[Signature, ...]
    #: "pass", "fail" or "none": of the signatures made with that algorithm.
    dkim_rsa: str
    dkim_ed25519: str
    #: A passing signature's domain and the From domain share an organisation.
    dkim_aligned: bool
    spf: str
    #: SPF passed, and the domain it passed for shares an organisation with From.
    spf_aligned: bool
    #: "pass", "fail", "none", "permerror" or "temperror".
    dmarc: str
    from_domain: str


def judge(message: bytes, *, client: str, helo: str, mail_from: str, txt: TxtSource, slot: int) -> Verdict:
    """Judge a message taken from `client`; when the coarse time `slot` moves on, kept answers are stale."""
    message_signatures = signatures(message, txt)
    from_domain = header_from_domain(message)
    spf_domain = mail_from.rpartition("@")[2].lower() or helo.lower()
    spf_result = _spf(client, mail_from, helo, slot)
    passing = tuple(sorted({each.domain for each in message_signatures if each.result == "pass"}))
    return Verdict(
        signatures=message_signatures,
        dkim_rsa=_of_algorithm(message_signatures, "rsa-sha256"),
        dkim_ed25519=_of_algorithm(message_signatures, "ed25519-sha256"),
        dkim_aligned=any(_same_organisation(from_domain, domain) for domain in passing),
        spf=spf_result,
        spf_aligned=spf_result == "pass" and _same_organisation(from_domain, spf_domain),
        dmarc=_dmarc(from_domain, spf_domain, spf_result, passing, slot),
        from_domain=from_domain,
    )


def signatures(message: bytes, txt: TxtSource) -> tuple[Signature, ...]:
    """The verdict on every DKIM-Signature, from the top, each by itself."""
    try:
        verifier = dkim.DKIM(message)
    except dkim.DKIMException:
        return ()
    count = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")
    return tuple(_signature(verifier, index, txt) for index in range(count))


def _signature(verifier: dkim.DKIM, index: int, txt: TxtSource) -> Signature:
    reason = ""
    verifier.signature_fields = {}
    try:
        passed = bool(verifier.verify(idx=index, dnsfunc=txt))
        reason = "" if passed else "the signature or the key does not fit"
    except Exception as error:  # noqa: BLE001  # a hostile message must not end the judge, whatever the library raises
        passed, reason = False, f"{type(error).__name__}: {error}"
    tags = verifier.signature_fields
    return Signature(
        domain=_tag(tags, b"d").lower(),
        selector=_tag(tags, b"s"),
        algorithm=_tag(tags, b"a"),
        result="pass" if passed else "fail",
        reason=reason,
    )


def _tag(tags: dict[bytes, bytes], name: bytes) -> str:
    return tags.get(name, b"").decode("ascii", "replace").strip()


def _of_algorithm(found: tuple[Signature, ...], algorithm: str) -> str:
    """Every signature of the algorithm must hold."""
    results = {each.result for each in found if each.algorithm == algorithm}
    if not results:
        return "none"
    return "fail" if "fail" in results else "pass"


def header_from_domain(message: bytes) -> str:
    """The domain of the one From address; empty where From is missing, repeated or unreadable."""
    head = message.partition(b"\r\n\r\n")[0]
    try:
        headers, _ = dkim.rfc822_parse(head + b"\r\n\r\n")
    except dkim.DKIMException:
        return ""
    found = [value for name, value in headers if name.lower() == b"from"]
    if len(found) != 1:
        return ""
    address = parseaddr(found[0].decode("utf-8", "replace").replace("\r\n", ""))[1]
    return address.rpartition("@")[2].lower()


def _spf(client: str, mail_from: str, helo: str, slot: int) -> str:
    domain = mail_from.rpartition("@")[2].lower()
    # The cached question names the domain only, so that a sender per recipient costs one check.
    sender = f"postmaster@{domain}" if domain else ""
    return _cached_spf(client, sender, helo, slot)


@functools.lru_cache(maxsize=10_000)
def _cached_spf(client: str, sender: str, helo: str, _slot: int) -> str:
    result, _explanation = spf.check2(i=client, s=sender, h=helo)
    return str(result)


@functools.lru_cache(maxsize=10_000)
def _organisation(domain: str) -> str:
    return str(get_org_domain(domain) or domain)


def _same_organisation(one: str, other: str) -> bool:
    return bool(one and other) and _organisation(one) == _organisation(other)


@functools.lru_cache(maxsize=10_000)
def _dmarc(from_domain: str, spf_domain: str, spf_result: str, passing: tuple[str, ...], _slot: int) -> str:
    """DMARC by authheaders, tried with each passing signature, since any aligned one is enough."""
    if not from_domain:
        return "permerror"
    results = set()
    for domain in passing or ("",):
        spf_part = SPFAuthenticationResult(result=spf_result, smtp_mailfrom=f"postmaster@{spf_domain}")
        dkim_part = DKIMAuthenticationResult(result="pass" if domain else "none", header_d=domain)
        try:
            results.add(dmarc_per_from(from_domain, spf_part, dkim_part)[0])
        except DMARCException:
            results.add("permerror")
        except dns.exception.DNSException:
            results.add("temperror")
    return next(word for word in ("pass", "temperror", "permerror", "fail", "none") if word in results)
