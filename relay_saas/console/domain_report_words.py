"""A domain's security report in plain words: what each finding means, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relay_saas.mail.domain_report.report import DomainReport, Ready
from relay_saas.mail.posture.asks import State
from relay_saas.web.problems import Text

AREAS: Final[Mapping[str, Text]] = {
    "dmarc": gettext_lazy("Forged mail (DMARC)"),
    "spf": gettext_lazy("Who may send (SPF)"),
    "dkim": gettext_lazy("Signatures (DKIM)"),
    "mx": gettext_lazy("Where mail arrives (MX)"),
    "ptr": gettext_lazy("Names of the mail servers (PTR)"),
    "mta_sts": gettext_lazy("Encryption on the way in (MTA-STS)"),
    "tls_rpt": gettext_lazy("Reports about encryption (TLS-RPT)"),
    "dnssec": gettext_lazy("Proof of the DNS answers (DNSSEC)"),
    "bimi": gettext_lazy("Logo beside the mail (BIMI)"),
}
KINDS: Final[Mapping[State, tuple[str, Text]]] = {
    State.OK: ("ok", gettext_lazy("Good")),
    State.WARNING: ("warning", gettext_lazy("Could be better")),
    State.PROBLEM: ("danger", gettext_lazy("Problem")),
    State.UNKNOWN: ("neutral", gettext_lazy("Not known")),
    State.OPTIONAL: ("neutral", gettext_lazy("Optional")),
}
#: Reason -> what it means, and what to do; "" where nothing is to be done.
SAID: Final[Mapping[str, tuple[Text, Text]]] = {
    "dns": (
        gettext_lazy("DNS did not answer in time."),
        gettext_lazy("Ask again in a few minutes."),
    ),
    "dmarc_none": (
        gettext_lazy(
            "Receivers are not told what to do with mail that is forged in your name. Anybody can do it."
        ),
        gettext_lazy(
            "Set the record below. It only watches at first; tighten it when the reports look right."
        ),
    ),
    "dmarc_several": (
        gettext_lazy("There are several DMARC records. Receivers then follow none of them."),
        gettext_lazy("Remove all but one."),
    ),
    "dmarc_watching": (
        gettext_lazy("The policy only watches: forged mail is delivered like any other."),
        gettext_lazy("Read the reports for some weeks, then move to p=quarantine and p=reject."),
    ),
    "dmarc_unheard": (
        gettext_lazy(
            "Forged mail is stopped, but nobody hears of it: the record has no address for reports."
        ),
        gettext_lazy("Add rua= as in the record below."),
    ),
    "dmarc_enforced": (gettext_lazy("Forged mail is stopped (p=%(policy)s), and reports come back."), ""),
    "spf_none": (
        gettext_lazy("No record says which servers may send for this domain."),
        gettext_lazy("Set the record below. Before that, add every service that sends in your name."),
    ),
    "spf_several": (
        gettext_lazy("There are several SPF records. Receivers then count it as an error."),
        gettext_lazy("Join them into one."),
    ),
    "spf_lookups": (
        gettext_lazy(
            "The record needs more than 10 look-ups (%(lookups)s), so receivers stop and count it as "
            "an error."
        ),
        gettext_lazy("Remove services that you no longer use, or let them send from a subdomain of its own."),
    ),
    "spf_broken": (
        gettext_lazy("The record has a mistake, so it counts for nothing."),
        gettext_lazy("Compare it with what your mail service asks for, letter by letter."),
    ),
    "spf_everybody": (
        gettext_lazy("The record allows every server in the world to send in your name."),
        gettext_lazy("Let it end with -all or ~all instead of +all."),
    ),
    "spf_open": (
        gettext_lazy("The record says who may send, but not what to think of all others."),
        gettext_lazy("Let it end with ~all, later with -all."),
    ),
    "spf_soft": (
        gettext_lazy("The record is right (%(lookups)s of 10 look-ups). Others are suspicious (~all)."),
        "",
    ),
    "spf_hard": (
        gettext_lazy("The record is right (%(lookups)s of 10 look-ups). Others are refused (-all)."),
        "",
    ),
    "dkim_found": (gettext_lazy("Keys for signatures were found."), ""),
    "dkim_weak": (
        gettext_lazy("A key is shorter than 1,024 bits; receivers do not believe it."),
        gettext_lazy("Make a key of 2,048 bits in your mail service and replace the record."),
    ),
    "dkim_unseen": (
        gettext_lazy(
            "No key stands at the names that large services use. DNS does not tell others, so this is"
            " no verdict."
        ),
        gettext_lazy("Send yourself a mail and look for dkim=pass in its headers."),
    ),
    "mx_found": (gettext_lazy("Mail servers are named, and they have addresses."), ""),
    "mx_one": (gettext_lazy("One mail server is named, and it has an address."), ""),
    "mx_null": (gettext_lazy("The domain says clearly that it takes no mail."), ""),
    "mx_none": (
        gettext_lazy("No mail server is named. Answers to your mail get lost, or end at the web server."),
        gettext_lazy(
            "If this domain takes no mail at all, say so with the record below. Else name your mail servers."
        ),
    ),
    "mx_dead": (
        gettext_lazy("The mail servers that are named have no address: no mail can arrive."),
        gettext_lazy("Correct the names in the MX records, or give them addresses."),
    ),
    "mx_some_dead": (
        gettext_lazy("Some of the mail servers that are named have no address."),
        gettext_lazy("Remove them, or give them addresses."),
    ),
    "ptr_found": (gettext_lazy("The addresses of the mail servers have names that lead back to them."), ""),
    "ptr_missing": (
        gettext_lazy(
            "Addresses of the mail servers have no name that leads back. If they also send, others "
            "refuse them."
        ),
        gettext_lazy("Ask whoever the addresses belong to for a PTR record."),
    ),
    "sts_none": (
        gettext_lazy("Whoever sends to you need not encrypt: an attacker on the way can read along."),
        gettext_lazy(
            "Put a policy at https://mta-sts.<domain>/.well-known/mta-sts.txt, then set the record below."
        ),
    ),
    "sts_no_policy": (
        gettext_lazy("A record promises a policy, but it could not be fetched, or it is not valid."),
        gettext_lazy("Look at https://mta-sts.<domain>/.well-known/mta-sts.txt and at its certificate."),
    ),
    "sts_left_out": (
        gettext_lazy(
            "The policy leaves out mail servers of yours: careful senders will not deliver to them."
        ),
        gettext_lazy("Add an mx: line for each of them, and change the id of the record."),
    ),
    "sts_testing": (
        gettext_lazy("The policy is in testing: nobody has to keep to it yet."),
        gettext_lazy("Read the reports, then change it to mode: enforce, and the id of the record."),
    ),
    "sts_enforced": (gettext_lazy("Whoever sends to you has to encrypt, and may only use your servers."), ""),
    "tls_rpt_none": (
        gettext_lazy("Nobody hears of it when mail to you cannot be encrypted."),
        gettext_lazy("Set the record below."),
    ),
    "tls_rpt_found": (gettext_lazy("Reports about encryption come back."), ""),
    "dnssec_none": (
        gettext_lazy("DNS answers about this domain are not signed, so they could be forged on the way."),
        gettext_lazy("Switch DNSSEC on at your DNS host, then at where the domain was bought."),
    ),
    "dnssec_found": (gettext_lazy("DNS answers are signed (%(zone)s)."), ""),
    "bimi_later": (
        gettext_lazy("A logo can be shown once forged mail is stopped (DMARC)."),
        gettext_lazy("First let DMARC enforce."),
    ),
    "bimi_ready": (
        gettext_lazy("Everything is ready for a logo beside your mail; there is none yet."),
        gettext_lazy("If you want one: an SVG file, a certificate for it, and a record at default._bimi."),
    ),
    "bimi_unenforced": (
        gettext_lazy("There is a logo, but it is not shown while DMARC does not enforce."),
        gettext_lazy("First let DMARC enforce."),
    ),
    "bimi_found": (gettext_lazy("A logo is offered to receivers."), ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One finding as the page shows it."""

    area: Text
    kind: str
    word: Text
    text: str
    deed: str
    found: tuple[str, ...]
    record: Ready | None


def told(report: DomainReport) -> list[Told]:
    """Every finding; problems first, then by weight."""
    order = list(KINDS)
    urgent = [State.PROBLEM, State.WARNING]
    rows = sorted(
        report.findings,
        key=lambda one: urgent.index(one.result.state) if one.result.state in urgent else len(order),
    )
    found = []
    for one in rows:
        kind, word = KINDS[one.result.state]
        text, deed = SAID[one.result.reason]
        found.append(
            Told(
                area=AREAS[one.result.code],
                kind=kind,
                word=word,
                text=str(text) % dict(one.result.values) if one.result.values else str(text),
                deed=str(deed).replace("<domain>", report.domain),
                found=one.result.found,
                record=one.record,
            )
        )
    return found


def summary(report: DomainReport) -> str:
    """One sentence about all of it."""
    problems, warnings = report.count(State.PROBLEM), report.count(State.WARNING)
    if problems:
        return _("%(n)s things need your attention first.") % {"n": problems}
    if warnings:
        return _("Nothing is broken; %(n)s things could be better.") % {"n": warnings}
    return _("Nothing to mend.")
