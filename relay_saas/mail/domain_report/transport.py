"""How mail reaches the domain: MX and their names, encryption that is asked for, what proves the answers."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from relay_saas.mail.posture.asks import Asks, Result, State
from relay_saas.mail.posture.dmarc import discover
from relay_saas.mail.posture.reverse import reverse
from relay_saas.mail.posture.transport import bimi_logo, sts_id, sts_policy, tls_reports

#: Fetches `https://mta-sts.<domain>/.well-known/mta-sts.txt`; None where it cannot be had.
Fetch = Callable[[str], Awaitable[str | None]]
MOST_HOSTS: Final = 4


async def check_mx(asks: Asks, domain: str) -> Result:
    """RFC 5321 §5, RFC 7505: mail is taken somewhere, or said not to be."""
    hosts = await asks.records(domain, "MX")
    if hosts and not any(hosts):
        return Result(code="mx", state=State.OK, reason="mx_null")
    named = tuple(host for host in hosts if host)
    if not named:
        return Result(code="mx", state=State.WARNING, reason="mx_none")
    dead = [host for host in named[:MOST_HOSTS] if not await _addresses(asks, host)]
    if len(dead) == len(named[:MOST_HOSTS]):
        return Result(code="mx", state=State.PROBLEM, reason="mx_dead", found=named)
    if dead:
        return Result(code="mx", state=State.WARNING, reason="mx_some_dead", found=tuple(dead))
    reason = "mx_found" if len(named) > 1 else "mx_one"
    return Result(code="mx", state=State.OK, reason=reason, found=named[:20])


async def check_ptr(asks: Asks, domain: str) -> Result | None:
    """RFC 1912 §2.1: names of the MX hosts' addresses lead back; None where there are no hosts."""
    nameless: list[str] = []
    looked = 0
    for host in [host for host in await asks.records(domain, "MX") if host][:MOST_HOSTS]:
        for address in (await asks.records(host, "A"))[:1]:
            looked += 1
            if not (await reverse(asks, address)).confirmed:
                nameless.append(f"{host} [{address}]")
    if not looked:
        return None
    if nameless:
        return Result(code="ptr", state=State.WARNING, reason="ptr_missing", found=tuple(nameless))
    return Result(code="ptr", state=State.OK, reason="ptr_found")


async def check_sts(asks: Asks, domain: str, fetch: Fetch) -> Result:
    """RFC 8461: who delivers here has to encrypt, and only to hosts that the policy names."""
    texts = await asks.records(f"_mta-sts.{domain}", "TXT")
    if not sts_id(texts):
        return Result(code="mta_sts", state=State.WARNING, reason="sts_none", found=texts[:3])
    text = await fetch(domain)
    policy = sts_policy(text) if text is not None else None
    if policy is None:
        return Result(code="mta_sts", state=State.PROBLEM, reason="sts_no_policy", found=texts[:3])
    left_out = [host for host in await asks.records(domain, "MX") if host and not policy.covers(host)]
    if left_out and policy.mode != "none":
        return Result(code="mta_sts", state=State.PROBLEM, reason="sts_left_out", found=tuple(left_out[:10]))
    state, reason = (State.OK, "sts_enforced") if policy.mode == "enforce" else (State.WARNING, "sts_testing")
    return Result(code="mta_sts", state=state, reason=reason, found=(f"mode: {policy.mode}",))


async def check_tls_reports(asks: Asks, domain: str) -> Result:
    """RFC 8460: somebody hears of mail that could not be encrypted."""
    texts = await asks.records(f"_smtp._tls.{domain}", "TXT")
    found = tls_reports(texts)
    state, reason = (State.OK, "tls_rpt_found") if found else (State.WARNING, "tls_rpt_none")
    return Result(code="tls_rpt", state=state, reason=reason, found=found[:5])


async def check_bimi(asks: Asks, domain: str) -> Result:
    """BIMI: a logo beside the mail; it needs an enforced policy first."""
    logo = bimi_logo(await asks.records(f"default._bimi.{domain}", "TXT"))
    enforced = (await discover(asks, domain)).asked in {"quarantine", "reject"}
    if logo is None:
        reason = "bimi_ready" if enforced else "bimi_later"
        return Result(code="bimi", state=State.OPTIONAL, reason=reason)
    state, reason = (State.OK, "bimi_found") if enforced else (State.WARNING, "bimi_unenforced")
    return Result(code="bimi", state=state, reason=reason, found=(logo[0],))


async def check_dnssec(asks: Asks, zones: Sequence[str]) -> Result:
    """RFC 4035: the zone's parent holds a key of it. Presence alone; nothing is validated here."""
    for zone in zones:
        if await asks.records(zone, "DS"):
            return Result(code="dnssec", state=State.OK, reason="dnssec_found", values={"zone": zone})
    return Result(code="dnssec", state=State.WARNING, reason="dnssec_none")


async def _addresses(asks: Asks, host: str) -> tuple[str, ...]:
    return (*await asks.records(host, "A"), *await asks.records(host, "AAAA"))
