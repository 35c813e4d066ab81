"""The map of the outside world: domain -> site (sorted MX set) -> provider, and our own sources. No
tenant's data."""

from django.db import models

from delivery.models.stream import Stream


class Provider(models.Model):
    """Whose limits and rules apply; many sites may belong to one provider. Id 0 is "not known yet"."""

    id = models.IntegerField(primary_key=True)
    name = models.TextField(unique=True)
    max_connections = models.SmallIntegerField(default=20)
    max_messages_per_connection = models.IntegerField(default=100)

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """Routing and session reuse: `key` is the sorted MX names."""

    key = models.TextField(unique=True)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    #: Families of its hosts' addresses: 1 is IPv4, 2 is IPv6, 3 both, or not known.
    families = models.SmallIntegerField(db_default=3)

    def __str__(self) -> str:
        return self.key


class Domain(models.Model):
    """A recipient domain and what DNS last said of it."""

    class State(models.TextChoices):
        """What the last look-up said."""

        UNRESOLVED = "unresolved"
        OK = "ok"
        NULL_MX = "null_mx"
        NXDOMAIN = "nxdomain"
        TEMPORARY = "temporary"

    name = models.TextField(unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.TextField(choices=State, default=State.UNRESOLVED)
    checked_at = models.DateTimeField(null=True)
    #: When the answer is to be asked for again.
    expires_at = models.DateTimeField(null=True)
    #: Clean NXDOMAIN answers so far: final only at the second, an hour after the first.
    nxdomain_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class EgressPool(models.Model):
    """Addresses that share a reputation."""

    name = models.TextField(unique=True)

    def __str__(self) -> str:
        return self.name


class EgressSource(models.Model):
    """One sending IP of one family, on one host."""

    pool = models.ForeignKey(EgressPool, on_delete=models.PROTECT, related_name="+")
    address = models.GenericIPAddressField(unique=True)
    helo = models.TextField()
    host = models.TextField()

    def __str__(self) -> str:
        return str(self.address)


class PoolAssignment(models.Model):
    """Whose mail a pool carries: a tenant's, a stream's, or one tenant's stream; the closest one counts."""

    # The column is not called tenant_id, because the table is the operators': no tenant's page reads it.
    tenant_id = models.UUIDField(null=True, db_column="of_tenant")
    stream = models.SmallIntegerField(choices=Stream, null=True)
    pool = models.ForeignKey(EgressPool, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "stream"], nulls_distinct=False, name="poolassignment_whose"
            )
        ]

    def __str__(self) -> str:
        return str(self.pool)
