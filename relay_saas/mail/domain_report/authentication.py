"""Who may send in the domain's name: SPF, DKIM, DMARC."""

from typing import Final

from relay_saas.mail.dns import DnsTemporaryError
from relay_saas.mail.posture import dmarc, spf
from relay_saas.mail.posture.asks import Asks, Result, State
from relay_saas.mail.posture.dkim_record import read_key

#: Selectors of the large services; which ones a domain uses, DNS does not tell.
SELECTORS: Final = (
    "default",
    "dkim",
    "google",
    "k1",
    "k2",
    "k3",
    "mail",
    "r1",
    "s1",
    "s2",
    "selector1",
    "selector2",
    "smtp",
)
_SPF_PROBLEMS: Final = {
    "several_records": "spf_several",
    "too_many_lookups": "spf_lookups",
    "too_many_voids": "spf_lookups",
}
_SPF_ENDS: Final = {
    spf.Outcome.PASS: (State.PROBLEM, "spf_everybody"),
    spf.Outcome.NEUTRAL: (State.WARNING, "spf_open"),
    spf.Outcome.SOFTFAIL: (State.OK, "spf_soft"),
    spf.Outcome.FAIL: (State.OK, "spf_hard"),
}


async def check_spf(asks: Asks, domain: str) -> Result:
    """RFC 7208: there is one record, it can be evaluated, and it ends in a no."""
    found = await spf.count(asks, domain)
    values: dict[str, str | int] = {"lookups": found.lookups}
    record = (found.record,) if found.record else ()
    if found.outcome is spf.Outcome.NONE:
        return Result(code="spf", state=State.PROBLEM, reason="spf_none")
    if found.outcome is spf.Outcome.TEMPERROR:
        raise DnsTemporaryError(domain)
    if found.outcome is spf.Outcome.PERMERROR:
        reason = _SPF_PROBLEMS.get(found.reason, "spf_broken")
        return Result(code="spf", state=State.PROBLEM, reason=reason, found=record, values=values)
    state, reason = _SPF_ENDS[found.outcome]
    return Result(code="spf", state=state, reason=reason, found=record, values=values)


async def check_dkim(asks: Asks, domain: str) -> Result:
    """RFC 6376: keys at the selectors that people use; a domain that has others is not at fault."""
    seen: list[str] = []
    weak: list[str] = []
    for selector in SELECTORS:
        texts = [
            text
            for text in await asks.records(f"{selector}._domainkey.{domain}", "TXT")
            if "p=" in text.replace(" ", "")
        ]
        key = read_key(texts)
        if key.problem == "weak":
            weak.append(selector)
        elif not key.problem:
            seen.append(f"{selector} ({key.kind} {key.bits})")
    if weak:
        return Result(code="dkim", state=State.WARNING, reason="dkim_weak", found=tuple(weak))
    if not seen:
        return Result(code="dkim", state=State.UNKNOWN, reason="dkim_unseen")
    return Result(code="dkim", state=State.OK, reason="dkim_found", found=tuple(seen))


async def check_dmarc(asks: Asks, domain: str) -> Result:
    """RFC 9989: what receivers are asked to do with forged mail."""
    found = await dmarc.discover(asks, domain)
    if found.several:
        texts = tuple(text for text in found.steps[0].texts if dmarc.is_dmarc(text))
        return Result(code="dmarc", state=State.PROBLEM, reason="dmarc_several", found=texts)
    policy = found.policy
    if policy is None:
        return Result(code="dmarc", state=State.PROBLEM, reason="dmarc_none")
    asked = found.asked
    if asked == "none" or policy.testing:
        state, reason = State.WARNING, "dmarc_watching"
    elif not policy.rua:
        state, reason = State.WARNING, "dmarc_unheard"
    else:
        state, reason = State.OK, "dmarc_enforced"
    values: dict[str, str | int] = {"policy": asked, "domain": policy.domain}
    return Result(code="dmarc", state=state, reason=reason, found=(policy.text,), values=values)
