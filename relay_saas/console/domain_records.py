"""What the page of a sending domain says of each record: its state as icon and word, and DNS's own answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import SendingDomain
from accounts.services.dns_records import Record, tenant_records


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """A record, how it stands, and what to do about it."""

    record: Record
    #: `ok`, `warning`, `danger` or `neutral`.
    kind: str
    word: str
    detail: str
    ok: bool
    #: The host name as DNS hosts want it that add the zone themselves; empty where the zone is not known.
    short_host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainView:
    """A domain, its records, and the sum of them."""

    domain: SendingDomain
    rows: list[RecordRow]

    @property
    def right(self) -> int:
        """Records that are as they should be."""
        return sum(row.ok for row in self.rows)

    @property
    def all_right(self) -> bool:
        """Whether nothing is left to wait for."""
        return self.right == len(self.rows)

    @property
    def taken(self) -> bool:
        """Whether every record is right and another organization has the name all the same."""
        return self.all_right and self.domain.state != SendingDomain.State.VERIFIED


def domain_view(domain: SendingDomain) -> DomainView:
    """The page's content, from what the last check of the domain found."""
    found = {str(one["purpose"]): one for one in domain.records}
    rows = [_row(record, found.get(record.purpose), domain.zone) for record in tenant_records(domain)]
    return DomainView(domain=domain, rows=rows)


def _row(record: Record, found: Mapping[str, Any] | None, zone: str) -> RecordRow:
    kind, word, detail = _state(record, found)
    short = record.name.removesuffix(f".{zone}") if zone else ""
    return RecordRow(
        record=record,
        kind=kind,
        word=word,
        detail=detail,
        ok=bool(found and found["ok"]),
        short_host="" if short == record.name else short,
    )


def _state(record: Record, found: Mapping[str, Any] | None) -> tuple[str, str, str]:
    # A record whose value has changed since the last check was not looked for yet.
    if found is None or (record.type == "CNAME" and found["value"] != record.value):
        return "neutral", _("Not checked yet"), ""
    answers: list[str] = found["found"]
    if found.get("unknown"):
        return "neutral", _("Not known"), _("DNS did not answer.")
    if found["ok"]:
        return _good(record, answers)
    if not answers:
        return "danger", _("Not found"), _("DNS has no such record yet.")
    if record.type == "TXT" and sum(answer.lower().startswith("v=dmarc1") for answer in answers) > 1:
        detail = _("There must be one DMARC record alone. Remove the others.")
        return "danger", _("Several records"), detail
    return "danger", _("Another value"), _("DNS answers: %(value)s") % {"value": ", ".join(answers)}


def _good(record: Record, answers: Iterable[str]) -> tuple[str, str, str]:
    if record.purpose == "dmarc":
        policy = next((one for one in answers if one.lower().replace(" ", "").startswith("v=dmarc1")), "")
        if "p=none" in policy.lower().replace(" ", "").split(";"):
            detail = _("p=none: forged mail is not stopped yet. Later, p=quarantine protects your name.")
            return "warning", _("Found"), detail
        return "ok", _("Found"), policy
    return "ok", _("Found"), ""
