"""The closer look at a sending domain: signature, return path, policy, links, answers, encryption, block
lists. One function for each; DNS and the edge are asked, nothing is written."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from django.conf import settings

from accounts.services.dns_records import RETURN_PATH_LABEL, TRACKING_LABEL
from relay_saas.mail.dns import DnsTemporaryError, Network
from relay_saas.mail.posture.asks import Asks, Result, State
from relay_saas.mail.posture.block_lists import Listing, look_up
from relay_saas.mail.posture.dkim_record import read_key
from relay_saas.mail.posture.dmarc import aligned, discover
from relay_saas.mail.posture.spf import Outcome, check_host, count
from relay_saas.mail.posture.transport import bimi_logo, sts_id, sts_policy, tls_reports
from relay_saas.net.reach import Page, reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is looked at, as plain values."""

    name: str
    label: str
    #: Selector and public record of each key that DNS is to show.
    keys: tuple[tuple[str, str], ...]
    #: Our sending addresses.
    sources: tuple[str, ...]


Check = Callable[[Asks, Subject], Awaitable[Result]]


async def look_closely(asks: Asks, subject: Subject) -> list[Result]:
    """Every check, side by side."""
    return list(await asyncio.gather(*(_one(code, check, asks, subject) for code, check in CHECKS.items())))


async def _one(code: str, check: Check, asks: Asks, subject: Subject) -> Result:
    try:
        return await check(asks, subject)
    except DnsTemporaryError:
        return Result(code=code, state=State.UNKNOWN, reason="dns")


async def _ownership(asks: Asks, subject: Subject) -> Result:
    """RFC 1034 §3.6.2: a CNAME that only who keeps the zone can set leads to this tenant's random label."""
    found = await asks.records(f"{RETURN_PATH_LABEL}.{subject.name}", "CNAME")
    if found == (f"{subject.label}.rp.{settings.RELAY_ZONE}",):
        return Result(code="ownership", state=State.OK, reason="proven", found=found)
    foreign = any(target.endswith(f".rp.{settings.RELAY_ZONE}") for target in found)
    reason = "somebody_elses" if foreign else "not_proven"
    return Result(code="ownership", state=State.PROBLEM, reason=reason, found=found)


async def _dkim(asks: Asks, subject: Subject) -> Result:
    """RFC 6376 §3.6: the keys that the world finds behind the domain's selectors are ours, and whole."""
    shown: list[str] = []
    for selector, public_txt in subject.keys:
        texts = await asks.records(f"{selector}._domainkey.{subject.name}", "TXT")
        shown += [f"{selector}: {text}" for text in texts]
        problem = read_key(texts).problem or ("" if texts[0] == public_txt else "another_key")
        if problem:
            return Result(
                code="dkim",
                state=State.PROBLEM,
                reason=f"key_{problem}",
                found=tuple(shown),
                values={"selector": selector},
            )
    return Result(code="dkim", state=State.OK, reason="keys_found", values={"keys": len(subject.keys)})


async def _spf(asks: Asks, subject: Subject) -> Result:
    """RFC 7208: each of our addresses passes at the return path, within the limits of look-ups."""
    name = f"{RETURN_PATH_LABEL}.{subject.name}"
    texts = await asks.records(name, "TXT")
    values: dict[str, str | int] = {}
    for source in subject.sources:
        spf = await check_host(asks, address=source, domain=name)
        values = {"lookups": spf.lookups, "voids": spf.voids, "address": source}
        if spf.outcome is Outcome.TEMPERROR:
            return Result(code="spf", state=State.UNKNOWN, reason="dns", values=values)
        if spf.outcome is not Outcome.PASS:
            reason = f"spf_{spf.reason or spf.outcome}"
            return Result(code="spf", state=State.PROBLEM, reason=reason, found=texts, values=values)
    return Result(code="spf", state=State.OK, reason="spf_pass", found=texts, values=values)


async def _alignment(asks: Asks, subject: Subject) -> Result:
    """RFC 9989 §4.4: the return path and the signature speak for the From domain."""
    author = await discover(asks, subject.name)
    strict = author.policy is not None and author.policy.aspf == "s"
    spf = await aligned(asks, author, f"{RETURN_PATH_LABEL}.{subject.name}", strict=strict)
    values: dict[str, str | int] = {"organization": author.organizational}
    if spf:
        return Result(code="alignment", state=State.OK, reason="aligned", values=values)
    # The signature's d= is the From domain itself: DMARC passes by it all the same.
    return Result(code="alignment", state=State.WARNING, reason="spf_strict", values=values)


async def _dmarc(asks: Asks, subject: Subject) -> Result:
    """RFC 9989 §4.10: one policy is found on the way to the root, and somebody is told of what fails."""
    found = await discover(asks, subject.name)
    texts = tuple(f"_dmarc.{step.name}: {text}" for step in found.steps for text in step.texts)
    if found.several:
        return Result(code="dmarc", state=State.PROBLEM, reason="dmarc_several", found=texts)
    policy = found.policy
    if policy is None:
        return Result(code="dmarc", state=State.PROBLEM, reason="dmarc_none", found=texts)
    values: dict[str, str | int] = {"policy": found.asked, "domain": policy.domain}
    if policy.historic:
        values |= {"tags": ", ".join(policy.historic)}
    if not policy.rua:
        reason = "dmarc_unheard"
    elif policy.testing:
        reason = "dmarc_testing"
    elif found.asked == "none":
        reason = "dmarc_watching"
    elif policy.historic:
        reason = "dmarc_historic"
    else:
        return Result(code="dmarc", state=State.OK, reason="dmarc_enforced", found=texts, values=values)
    return Result(code="dmarc", state=State.WARNING, reason=reason, found=texts, values=values)


async def _return_path(asks: Asks, subject: Subject) -> Result:
    """RFC 5321 §4.4: bounces to the return path find our server."""
    found = await asks.records(f"{RETURN_PATH_LABEL}.{subject.name}", "MX")
    right = f"inbound.{settings.RELAY_ZONE}" in found
    state, reason = (State.OK, "bounces_arrive") if right else (State.PROBLEM, "bounces_lost")
    return Result(code="return_path", state=state, reason=reason, found=found)


async def _tracking(asks: Asks, subject: Subject) -> Result:
    """RFC 9110, RFC 9525: links lead to our edge, which answers with a certificate for their host."""
    scheme, _, port = settings.RELAY_EDGE_SCHEME_PORT.partition("::")
    tls = scheme == "https"
    page = Page(
        host=f"{TRACKING_LABEL}.{subject.name}",
        path="/healthz",
        tls=tls,
        port=int(port or (443 if tls else 80)),
    )
    # The edge may stand behind a private address in a trial; nothing else private is connected to.
    networks: Sequence[Network] = [ip_network(settings.RELAY_EDGE_ADDRESS)]
    reached = await reach(asks, page, networks)
    found = (reached.address,) if reached.address else ()
    if reached.code in {"dns", "no_connection", "no_answer"}:
        return Result(code="tracking", state=State.UNKNOWN, reason=f"edge_{reached.code}", found=found)
    if reached.code:
        return Result(code="tracking", state=State.PROBLEM, reason=f"edge_{reached.code}", found=found)
    reason = "edge_answers" if tls else "edge_answers_plainly"
    state = State.OK if tls else State.WARNING
    return Result(code="tracking", state=state, reason=reason, found=found)


async def _from_name(asks: Asks, subject: Subject) -> Result:
    """RFC 5321 §5.1, RFC 7208 §10.1: the From domain takes answers, and says by SPF who sends from it; some
    carriers ask for both."""
    exchangers = await asks.records(subject.name, "MX")
    addressed = exchangers or await asks.records(subject.name, "A")
    spf = await count(asks, subject.name)
    values: dict[str, str | int] = {"lookups": spf.lookups, "voids": spf.voids}
    found = (*exchangers, *((spf.record,) if spf.record else ()))
    if spf.outcome is Outcome.PERMERROR:
        reason = f"spf_{spf.reason}"
        return Result(code="from_name", state=State.WARNING, reason=reason, found=found, values=values)
    if not addressed:
        return Result(code="from_name", state=State.WARNING, reason="answers_lost", found=found)
    if spf.outcome is Outcome.NONE:
        return Result(code="from_name", state=State.WARNING, reason="from_without_spf", found=found)
    return Result(code="from_name", state=State.OK, reason="answers_arrive", found=found, values=values)


async def _mta_sts(asks: Asks, subject: Subject) -> Result:
    """RFC 8461: who answers is to encrypt, and may only deliver to hosts that the policy names."""
    texts = await asks.records(f"_mta-sts.{subject.name}", "TXT")
    exchangers = await asks.records(subject.name, "MX")
    if not texts:
        return Result(code="mta_sts", state=State.OPTIONAL, reason="sts_absent")
    if not sts_id(texts):
        return Result(code="mta_sts", state=State.WARNING, reason="sts_bad_record", found=texts)
    page = Page(host=f"mta-sts.{subject.name}", path="/.well-known/mta-sts.txt")
    reached = await reach(asks, page, settings.RELAY_DELIVERY_NETWORKS)
    policy = sts_policy(reached.body.decode("utf-8", "replace")) if not reached.code else None
    if policy is None:
        return Result(code="mta_sts", state=State.WARNING, reason="sts_bad_policy", found=texts)
    left_out = [host for host in exchangers if not policy.covers(host)]
    if left_out and policy.mode != "none":
        return Result(code="mta_sts", state=State.WARNING, reason="sts_left_out", found=tuple(left_out))
    values: dict[str, str | int] = {"mode": policy.mode}
    return Result(code="mta_sts", state=State.OK, reason="sts_stands", found=policy.mx, values=values)


async def _tls_reports(asks: Asks, subject: Subject) -> Result:
    """RFC 8460: who hears of mail to the domain that could not be encrypted."""
    texts = await asks.records(f"_smtp._tls.{subject.name}", "TXT")
    if not texts:
        return Result(code="tls_rpt", state=State.OPTIONAL, reason="tls_rpt_absent")
    right = tls_reports(texts)
    state, reason = (State.OK, "tls_rpt_stands") if right else (State.WARNING, "tls_rpt_bad")
    return Result(code="tls_rpt", state=state, reason=reason, found=texts)


async def _bimi(asks: Asks, subject: Subject) -> Result:
    """draft-brand-indicators-for-message-identification: a logo is shown where DMARC is enforced alone."""
    texts = await asks.records(f"default._bimi.{subject.name}", "TXT")
    policy = await discover(asks, subject.name)
    enforced = policy.asked in {"quarantine", "reject"}
    if not texts:
        reason = "bimi_ready" if enforced else "bimi_not_ready"
        return Result(code="bimi", state=State.OPTIONAL, reason=reason)
    logo = bimi_logo(texts)
    if logo is None:
        return Result(code="bimi", state=State.WARNING, reason="bimi_bad", found=texts)
    if not enforced:
        return Result(code="bimi", state=State.WARNING, reason="bimi_unenforced", found=texts)
    reason = "bimi_stands" if logo[1] else "bimi_unproven"
    return Result(code="bimi", state=State.OK, reason=reason, found=texts)


async def _block_lists(asks: Asks, subject: Subject) -> Result:
    """RFC 5782: whether a block list holds the domain; one that refuses to answer says nothing."""
    return await listed("block_lists", asks, subject.name, settings.RELAY_DOMAIN_BLOCK_LISTS)


async def listed(code: str, asks: Asks, subject: str, lists: Sequence[str]) -> Result:
    """One subject at each of the lists."""
    if not lists:
        return Result(code=code, state=State.OPTIONAL, reason="no_lists")
    answers = await asyncio.gather(*(look_up(asks, subject, zone) for zone in lists))
    said = dict(zip(lists, answers, strict=True))
    on = tuple(zone for zone, listing in said.items() if listing is Listing.LISTED)
    silent = tuple(zone for zone, listing in said.items() if listing is Listing.UNKNOWN)
    if on:
        return Result(code=code, state=State.PROBLEM, reason="listed", found=on)
    if silent:
        return Result(code=code, state=State.UNKNOWN, reason="lists_refuse", found=silent)
    return Result(code=code, state=State.OK, reason="not_listed", values={"lists": len(lists)})


CHECKS: Final[dict[str, Check]] = {
    "ownership": _ownership,
    "dkim": _dkim,
    "spf": _spf,
    "alignment": _alignment,
    "dmarc": _dmarc,
    "return_path": _return_path,
    "tracking": _tracking,
    "from_name": _from_name,
    "mta_sts": _mta_sts,
    "tls_rpt": _tls_reports,
    "bimi": _bimi,
    "block_lists": _block_lists,
}
