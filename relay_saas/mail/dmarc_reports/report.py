"""What a report says, as values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthResult:
    """One result of SPF or DKIM; `selector` is DKIM's."""

    domain: str
    result: str
    selector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Mail from one address that ended in one way."""

    source: str
    count: int
    #: `none`, `quarantine`, `reject`.
    disposition: str
    #: Passed and aligned, as the receiver evaluated it.
    dkim: bool
    spf: bool
    header_from: str
    #: Why the receiver did another thing than was asked (`forwarded`, `mailing_list`, …).
    overrides: tuple[str, ...] = ()
    dkim_results: tuple[AuthResult, ...] = ()
    spf_results: tuple[AuthResult, ...] = ()

    @property
    def aligned(self) -> bool:
        """Whether DMARC passed."""
        return self.dkim or self.spf


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One receiver's report about one domain and one period."""

    org_name: str
    email: str
    report_id: str
    begin: datetime
    end: datetime
    domain: str
    #: The policy that the receiver found.
    p: str
    sp: str
    adkim: str
    aspf: str
    rows: tuple[Row, ...]
    #: Records that were left out, because they made no sense or were too many.
    left_out: int = 0

    @property
    def messages(self) -> int:
        """All mail that it tells of."""
        return sum(row.count for row in self.rows)
