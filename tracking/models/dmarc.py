"""What receivers report about a sending domain: each report once, its sources by day, and sums by day."""

from django.db import models

from accounts.tenancy import TenantOwned
from relay_saas.mail.dmarc_reports.sources import Origin

ORIGINS = [(origin.value, origin.value) for origin in Origin]


class DmarcReport(TenantOwned):
    """One report of one receiver; the same one again changes nothing."""

    domain = models.ForeignKey(
        "accounts.SendingDomain", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    org_name = models.TextField()
    report_id = models.TextField()
    email = models.TextField(default="")
    begin = models.DateTimeField()
    end = models.DateTimeField()
    #: The policy that the receiver found.
    p = models.TextField(default="")
    sp = models.TextField(default="")
    messages = models.BigIntegerField()
    #: Records that were left out.
    left_out = models.IntegerField(default=0)
    received_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "domain", "org_name", "report_id"], name="dmarcreport_once"
            )
        ]
        indexes = [models.Index(fields=["tenant", "domain", "begin"], name="dmarcreport_domain_begin")]

    def __str__(self) -> str:
        return f"{self.org_name} {self.report_id}"


class DmarcSource(TenantOwned):
    """Mail of one day from one address that ended in one way, over all reports. Kept for 90 days."""

    pk = models.CompositePrimaryKey(
        "tenant", "domain_id", "day", "source", "header_from", "disposition", "dkim", "spf"
    )
    domain_id = models.BigIntegerField()
    day = models.DateField()
    source = models.GenericIPAddressField()
    header_from = models.TextField()
    disposition = models.TextField()
    dkim = models.BooleanField()
    spf = models.BooleanField()
    origin = models.TextField(choices=ORIGINS)
    #: A service's name, `forwarded`, or "".
    name = models.TextField(default="")
    n = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.day} {self.source} {self.n}"


class DmarcDay(TenantOwned):
    """Sums by day and origin, written with the sources. Kept for two years."""

    pk = models.CompositePrimaryKey("tenant", "domain_id", "day", "origin")
    domain_id = models.BigIntegerField()
    day = models.DateField()
    origin = models.TextField(choices=ORIGINS)
    messages = models.BigIntegerField(default=0)
    #: SPF or DKIM passed and is aligned; each of them alone.
    aligned = models.BigIntegerField(default=0)
    dkim = models.BigIntegerField(default=0)
    spf = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.day} {self.origin} {self.messages}"
