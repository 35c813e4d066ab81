"""An organization that sends."""

import os
import time
from uuid import UUID

from django.db import models

from relay_saas.mail.ids import uuid7


def new_id() -> UUID:
    """A version-7 UUID of now."""
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))


class Tenant(models.Model):
    """An organization: all its data hangs on `id`; `number` is what tokens on the wire carry."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    #: 32 bits, so that a return path fits into 64 octets.
    number = models.IntegerField(
        unique=True, db_default=models.expressions.RawSQL("nextval('accounts_tenant_number')", [])
    )
    slug = models.SlugField(max_length=40, unique=True)
    name = models.TextField()
    locale = models.TextField(default="en")
    time_zone = models.TextField(default="UTC")
    #: The sender block that the law asks for in marketing mail.
    legal_name = models.TextField(default="")
    postal_address = models.TextField(default="")
    contact_address = models.TextField(default="")
    #: How long "send now" can be undone; null: as long as the installation says.
    undo_seconds = models.SmallIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.slug
