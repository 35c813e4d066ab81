"""What people did, kept for good: a trigger refuses UPDATE and DELETE."""

from django.db import models

from accounts.tenancy import TenantOwned


class AuditEvent(TenantOwned):
    """One deed: who, verb, object, difference, from where, in which request."""

    at = models.DateTimeField(auto_now_add=True)
    #: A person's id, or null for a key or the system; no foreign key, because the record outlives the person.
    user_id = models.BigIntegerField(null=True)
    actor = models.TextField()
    verb = models.TextField()
    object_type = models.TextField()
    object_id = models.TextField()
    changes = models.JSONField(default=dict)
    address = models.TextField(default="")
    request_id = models.TextField(default="")

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["tenant", "-id"], name="audit_tenant_id"),
            models.Index(fields=["tenant", "user_id", "-id"], name="audit_person"),
            models.Index(fields=["tenant", "verb", "-id"], name="audit_verb"),
            models.Index(fields=["tenant", "at"], name="audit_time"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_id}"
