"""What each check of a sending domain found, in words, and what to do about it."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relay_saas.web.problems import Text

NAMES: Final[Mapping[str, Text]] = {
    "ownership": gettext_lazy("Ownership"),
    "dkim": gettext_lazy("Signature (DKIM)"),
    "spf": gettext_lazy("Return path (SPF)"),
    "alignment": gettext_lazy("Alignment"),
    "dmarc": gettext_lazy("Policy (DMARC)"),
    "return_path": gettext_lazy("Bounces"),
    "tracking": gettext_lazy("Links and unsubscribe pages"),
    "from_name": gettext_lazy("Answers to the sender"),
    "mta_sts": "MTA-STS",
    "tls_rpt": "TLS-RPT",
    "bimi": gettext_lazy("Logo (BIMI)"),
    "block_lists": gettext_lazy("Block lists"),
    "ptr": gettext_lazy("Name of the address (PTR)"),
}
STATES: Final[Mapping[str, tuple[str, Text]]] = {
    "ok": ("ok", gettext_lazy("Good")),
    "warning": ("warning", gettext_lazy("Could be better")),
    "problem": ("danger", gettext_lazy("Wrong")),
    "unknown": ("neutral", gettext_lazy("Not known")),
    "optional": ("neutral", gettext_lazy("Not needed")),
}
_MEND: Final = gettext_lazy("Set the record as the table above says.")
_OURS: Final = gettext_lazy("This is the relay’s part: it is being mended.")
_AGAIN: Final = gettext_lazy("It is asked again by itself.")
#: Reason -> what was found, and what to do ("": nothing).
REASONS: Final[Mapping[str, tuple[Text, Text]]] = {
    "dns": (gettext_lazy("DNS did not answer."), _AGAIN),
    "proven": (gettext_lazy("The domain’s DNS names this organization."), ""),
    "not_proven": (gettext_lazy("The domain’s DNS does not name this organization."), _MEND),
    "somebody_elses": (gettext_lazy("The domain’s DNS names another organization of this relay."), _MEND),
    "keys_found": (gettext_lazy("Everybody finds the keys that sign."), ""),
    "key_none": (gettext_lazy("No key is found at the selector %(selector)s."), _MEND),
    "key_several": (gettext_lazy("Several keys are found at the selector %(selector)s."), _MEND),
    "key_malformed": (gettext_lazy("What is found at the selector %(selector)s is no key."), _MEND),
    "key_weak": (gettext_lazy("The key at the selector %(selector)s is too short."), _MEND),
    "key_revoked": (gettext_lazy("The key at the selector %(selector)s is withdrawn."), _OURS),
    "key_another_key": (gettext_lazy("Another key than ours is found at the selector %(selector)s."), _MEND),
    "spf_pass": (
        gettext_lazy("Each of our addresses passes; SPF takes %(lookups)s of 10 look-ups."),
        "",
    ),
    "spf_none": (gettext_lazy("There is no SPF record."), _MEND),
    "spf_fail": (gettext_lazy("Our address %(address)s does not pass."), _OURS),
    "spf_softfail": (gettext_lazy("Our address %(address)s does not pass."), _OURS),
    "spf_neutral": (gettext_lazy("Our address %(address)s does not pass."), _OURS),
    "spf_several_records": (
        gettext_lazy("There are several SPF records; then none of them counts."),
        gettext_lazy("Join them into one record."),
    ),
    "spf_syntax": (
        gettext_lazy("The SPF record has a mistake in it; then it does not count."),
        gettext_lazy("Write it anew; every word of it must be one that SPF knows."),
    ),
    "spf_too_many_lookups": (
        gettext_lazy("SPF takes %(lookups)s look-ups; with more than 10 the record does not count."),
        gettext_lazy("Take services out of it that do not send any more."),
    ),
    "spf_too_many_voids": (
        gettext_lazy("SPF asks for %(voids)s names that do not exist; with more than 2 it does not count."),
        gettext_lazy("Take names out of it that do not exist any more."),
    ),
    "spf_too_many_names": (
        gettext_lazy("SPF names a domain with more than 10 mail servers; then it does not count."),
        gettext_lazy("Write addresses in the place of “mx”."),
    ),
    "spf_include_none": (
        gettext_lazy("SPF includes a domain that has no SPF record; then it does not count."),
        gettext_lazy("Take that “include” out of it."),
    ),
    "aligned": (gettext_lazy("Signature and return path belong to %(organization)s, as From does."), ""),
    "spf_strict": (
        gettext_lazy("The policy compares SPF strictly, so that the signature alone counts."),
        gettext_lazy("Take “aspf=s” out of the DMARC record."),
    ),
    "dmarc_none": (gettext_lazy("There is no DMARC policy."), _MEND),
    "dmarc_several": (
        gettext_lazy("There are several DMARC records; then none of them counts."),
        gettext_lazy("Leave one of them and remove the others."),
    ),
    "dmarc_unheard": (
        gettext_lazy("Nobody is told who sends in your name."),
        gettext_lazy("Add “rua=mailto:…” to the DMARC record."),
    ),
    "dmarc_watching": (
        gettext_lazy("p=none: forged mail is counted and not stopped."),
        gettext_lazy("Once the reports name all who send for you, ask for p=quarantine."),
    ),
    "dmarc_testing": (
        gettext_lazy("t=y: receivers do one step less than the policy asks."),
        gettext_lazy("Take “t=y” out of it when the trial is over."),
    ),
    "dmarc_historic": (
        gettext_lazy("The record has words that say nothing any more (%(tags)s)."),
        gettext_lazy("They may be taken out."),
    ),
    "dmarc_enforced": (gettext_lazy("Forged mail is stopped (%(policy)s, by %(domain)s)."), ""),
    "bounces_arrive": (gettext_lazy("Bounces find the relay."), ""),
    "bounces_lost": (gettext_lazy("Bounces do not find the relay."), _MEND),
    "edge_answers": (gettext_lazy("Links lead to the relay, and its certificate is right."), ""),
    "edge_answers_plainly": (
        gettext_lazy("Links lead to the relay, without encryption."),
        gettext_lazy("This is the installation’s setting; in production links are encrypted."),
    ),
    "edge_dns": (gettext_lazy("DNS did not answer."), _AGAIN),
    "edge_no_connection": (gettext_lazy("The relay’s server for links does not answer now."), _AGAIN),
    "edge_no_answer": (gettext_lazy("The relay’s server for links does not answer now."), _AGAIN),
    "edge_no_address": (gettext_lazy("The host of the links leads nowhere."), _MEND),
    "edge_refused_address": (
        gettext_lazy("The host of the links leads to an address that is not the relay’s."),
        _MEND,
    ),
    "edge_certificate": (
        gettext_lazy("The certificate for the host of the links is not right."),
        _OURS,
    ),
    "edge_status": (
        gettext_lazy("Another server than the relay’s answers for the host of the links."),
        gettext_lazy("Switch off any proxy in front of this record (“DNS only”)."),
    ),
    "answers_arrive": (gettext_lazy("Answers to the sender find a server."), ""),
    "answers_lost": (
        gettext_lazy("The sender’s domain has no mail server: answers are lost, and some carriers refuse."),
        gettext_lazy("Set an MX record for the domain."),
    ),
    "from_without_spf": (
        gettext_lazy("The sender’s domain itself has no SPF record; some Japanese carriers look for it."),
        gettext_lazy("Set a TXT record: v=spf1 and who sends from it, at its end -all."),
    ),
    "sts_absent": (gettext_lazy("MTA-STS is not used; sending does not need it."), ""),
    "sts_bad_record": (
        gettext_lazy("The MTA-STS record is not valid, or there are several."),
        gettext_lazy("It must be one record: v=STSv1; id=…"),
    ),
    "sts_bad_policy": (
        gettext_lazy("The MTA-STS policy cannot be fetched, or is not valid."),
        gettext_lazy("See to it that the policy’s address answers by HTTPS."),
    ),
    "sts_left_out": (
        gettext_lazy("The MTA-STS policy does not name all mail servers: mail to those is refused."),
        gettext_lazy("Add them to the policy."),
    ),
    "sts_stands": (gettext_lazy("Mail to you must be encrypted (%(mode)s)."), ""),
    "tls_rpt_absent": (gettext_lazy("Reports about encryption are not asked for; sending needs none."), ""),
    "tls_rpt_bad": (
        gettext_lazy("The TLS-RPT record is not valid."),
        gettext_lazy("It must be one record: v=TLSRPTv1; rua=mailto:…"),
    ),
    "tls_rpt_stands": (gettext_lazy("Reports about encryption are asked for."), ""),
    "bimi_ready": (gettext_lazy("A logo could be shown beside your mail: the policy allows it."), ""),
    "bimi_not_ready": (
        gettext_lazy("A logo is shown only where DMARC asks for quarantine or reject."),
        "",
    ),
    "bimi_bad": (
        gettext_lazy("The BIMI record is not valid."),
        gettext_lazy("It must be one record: v=BIMI1; l=https://…"),
    ),
    "bimi_unenforced": (
        gettext_lazy("The logo is not shown: DMARC does not ask for quarantine or reject."),
        gettext_lazy("Make the DMARC policy stricter first."),
    ),
    "bimi_unproven": (
        gettext_lazy("A logo is set; without a certificate (VMC, CMC) Gmail does not show it."),
        "",
    ),
    "bimi_stands": (gettext_lazy("A logo with its certificate is set."), ""),
    "no_lists": (gettext_lazy("No block list is asked: the installation names none."), ""),
    "listed": (
        gettext_lazy("On a block list."),
        gettext_lazy("Read on the list’s own page why, and ask there to be taken off."),
    ),
    "lists_refuse": (
        gettext_lazy("The block list refused to answer, which says nothing about you."),
        _AGAIN,
    ),
    "not_listed": (gettext_lazy("On none of the block lists that are asked (%(lists)s)."), ""),
    "ptr_stands": (gettext_lazy("The address has a name that leads back to it."), ""),
    "ptr_absent": (gettext_lazy("The address has no name."), _OURS),
    "ptr_unconfirmed": (gettext_lazy("The address’s name does not lead back to it."), _OURS),
    "ptr_not_helo": (gettext_lazy("The address has another name than it greets with (%(helo)s)."), ""),
}


def said(check: Mapping[str, Any]) -> tuple[str, str]:
    """What a kept result found, and what to do ("": nothing)."""
    text, deed = REASONS.get(str(check["reason"]), (_("The check ended in a way that is not known."), ""))
    values: dict[str, Any] = check.get("values") or {}
    try:
        return str(text) % values if values else str(text), str(deed)
    except (KeyError, ValueError):
        return str(text), str(deed)
