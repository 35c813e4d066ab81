"""Answers that are given again to a request that is sent again."""

from django.db import models

from accounts.tenancy import TenantOwned


class IdempotencyKey(TenantOwned):
    """One name that a program gave to one request; written with the request's effect, so never alone.

    The answer is sealed: it may hold a secret that is shown once.
    """

    #: The first of the keys that replaced each other: a successor finds what its predecessor did.
    key_id = models.BigIntegerField()
    name = models.TextField()
    #: Of method, path and body.
    fingerprint = models.BinaryField()
    status = models.SmallIntegerField(null=True)
    answer = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key_id", "name"], name="idempotencykey_once")
        ]
        indexes = [models.Index(fields=["tenant", "created_at"], name="idempotencykey_age")]

    def __str__(self) -> str:
        return self.name
