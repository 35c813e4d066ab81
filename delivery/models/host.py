"""What is known of the machines that send, and of the database itself: who may be called dead, and whether a
restored copy stands in for what was running."""

from django.db import models


class EgressHost(models.Model):
    """A machine with sending addresses, by RELAY_HOST_ID; it writes its own start, operators its death."""

    name = models.TextField(primary_key=True)
    #: Of the machine's present start, since when (by the database's clock) it is known.
    boot_id = models.TextField()
    boot_at = models.DateTimeField()
    #: Runs whose last heartbeat is older are dead: an operator said so.
    dead_at = models.DateTimeField(null=True)
    dead_reason = models.TextField(default="", blank=True)
    dead_by = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return self.name


class Incarnation(models.Model):
    """One row: which database this is. A copy that was restored elsewhere differs, one that was put back in
    place has a lower `generation` than its hosts remember."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    #: PostgreSQL's system identifier and the database's number in it.
    system = models.TextField()
    #: Raised at the start of every queue run; each host keeps the last one it saw in a file.
    generation = models.BigIntegerField(default=0)
    restored_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="incarnation_one_row")]

    def __str__(self) -> str:
        return f"{self.system} #{self.generation}"
