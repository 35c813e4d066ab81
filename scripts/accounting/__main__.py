"""`python -m scripts.accounting`: prints the accounting of one campaign and ends with 1 where anything
is wrong."""

import argparse
import json
import shutil
import sys
from pathlib import Path
from uuid import UUID

from scripts.accounting import signatures
from scripts.accounting.ledger import read_ledger
from scripts.accounting.verdict import Verdict, judge
from scripts.accounting.witness import Copy, copies, token_message

SHOWN = 5
BOTH = {"rsa-sha256", "ed25519-sha256"}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="accounting", description=__doc__)
    parser.add_argument("--owner", required=True, help="the database's URL as its owner")
    parser.add_argument("--tenant", required=True, help="slug")
    parser.add_argument("--campaign", required=True, type=int)
    parser.add_argument(
        "--audience", required=True, type=Path, help="addresses frozen before the launch, a line each"
    )
    parser.add_argument("--received", required=True, type=Path, help="the receivers' folder")
    parser.add_argument("--stopped", type=Path, help='JSON: {"address": time at which the stop was answered}')
    parser.add_argument(
        "--running", action="store_true", help="the campaign still runs: open messages are not lost"
    )
    parser.add_argument("--dns", help="host:port: verify signatures with keys asked from there")
    parser.add_argument("--verify", type=int, default=0, help="how many messages dkimpy verifies; -1: all")
    parser.add_argument("--opendkim", type=int, default=0, help="how many messages OpenDKIM verifies")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Reads, judges, prints."""
    options = arguments()
    taken = list(copies(options.received))
    seen = [message for message in map(_id_of, taken) if message is not None]
    ledger = read_ledger(options.owner, options.tenant, options.campaign, seen)
    received = [copy for copy in taken if _id_of(copy) in ledger.entries]
    audience = options.audience.read_text(encoding="utf-8").split()
    stopped = json.loads(options.stopped.read_text()) if options.stopped else None
    verdict = judge(audience, ledger, taken, stopped=stopped, quiet=not options.running)
    report = as_report(verdict)
    signed: object = True
    if options.dns:
        signatures_said = signature_report(received, options.dns, options.verify, options.opendkim)
        report["signatures"] = signatures_said
        signed = signatures_said["all_verified"]
    report["agrees"] = verdict.agrees and bool(signed)
    text = json.dumps(report) if options.json else as_text(report)
    sys.stdout.write(f"{text}\n")
    return 0 if report["agrees"] else 1


def _id_of(copy: Copy) -> UUID | None:
    return token_message(copy.mail_from.partition("@")[0])


def as_report(verdict: Verdict) -> dict[str, object]:
    """The verdict as plain values."""
    lists = ("lost", "phantom", "unexpected", "duplicate_unexplained", "duplicate_explained", "faults")
    return {
        "audience": verdict.audience,
        "accepted": verdict.accepted,
        "accepted_by_provider": dict(sorted(verdict.accepted_by_provider.items())),
        "states": dict(sorted(verdict.states.items())),
        "open": verdict.open,
        **{name: len(getattr(verdict, name)) for name in lists},
        "in_doubt": verdict.states["in_doubt"],
        "equation_holds": verdict.equation_holds,
        "counters_agree": verdict.counters_agree,
        "examples": {name: getattr(verdict, name)[:SHOWN] for name in lists if getattr(verdict, name)},
    }


def signature_report(received: list[Copy], server: str, verify: int, by_opendkim: int) -> dict[str, object]:
    """Both signatures by dkimpy, RSA by OpenDKIM, and that a changed byte anywhere breaks them."""
    find = signatures.lookup_at(server)
    chosen = received if verify < 0 else received[:verify]
    both = sum(signatures.algorithms_that_verify(copy.raw(), find) == BOTH for copy in chosen)
    report: dict[str, object] = {"checked": len(chosen), "both_verify": both}
    good = both == len(chosen)
    if chosen:
        changed = list(signatures.tampered(chosen[0].raw()))
        survived = [name for name, raw in changed if signatures.algorithms_that_verify(raw, find)]
        report |= {"changed_places": len(changed), "changed_yet_verified": survived}
        good = good and not survived
    if by_opendkim and shutil.which("opendkim"):
        some = [copy.raw() for copy in received[:by_opendkim]]
        report |= {
            "opendkim_checked": len(some),
            "opendkim_verified": signatures.opendkim_verified(some, find),
        }
        good = good and report["opendkim_verified"] == len(some)
    return report | {"all_verified": good}


def as_text(report: dict[str, object]) -> str:
    """Lines for people."""
    return "\n".join(f"{name:22} {value}" for name, value in report.items())


if __name__ == "__main__":
    sys.exit(main())
