"""A recipient that a tenant knows, and the fields that it knows of them."""

from django.db import models
from django.db.models import F, Func
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned


class ContactField(TenantOwned):
    """A custom field: `key` is what templates say (`contact.<key>`), `kind` how values are read and shown."""

    class Kind(models.TextChoices):
        """How a value is read."""

        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        BOOLEAN = "boolean", _("Yes or no")

    key = models.TextField()
    label = models.TextField()
    kind = models.TextField(choices=Kind, default=Kind.TEXT)
    #: What mail says where a contact has no value, in the type of `kind`; null: nothing.
    merge_default = models.JSONField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="contactfield_tenant_key")]

    def __str__(self) -> str:
        return self.key


def name_column(order: str) -> models.GeneratedField:
    """A column that PostgreSQL keeps: the name for searching, `family` or `given` part first."""
    # jsonb operators and trigrams cannot use an index under row-level security; a comparison of text can.
    made = Func(F("attrs"), function=f"contact_{order}_key", output_field=models.TextField())
    column = models.TextField(null=True, db_collation="C")
    return models.GeneratedField(expression=made, output_field=column, db_persist=True)


class Contact(TenantOwned):
    """`email_key` is the normalised address (relay_saas.mail.addresses) and the identity within the
    tenant."""

    email = models.TextField()
    email_key = models.TextField()
    domain = models.TextField()
    #: Values by field key: text, number, true/false, or a date as `YYYY-MM-DD`.
    attrs = models.JSONField(default=dict)
    #: A non-ASCII local part: waits for a receiver with SMTPUTF8.
    needs_smtputf8 = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    family_key = name_column("family")
    given_key = name_column("given")

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "email_key"], name="contact_tenant_email")]
        indexes = [
            models.Index(fields=["tenant", "id"], name="contact_tenant_id"),
            models.Index(
                fields=["tenant", "family_key"],
                name="contact_tenant_family",
                condition=models.Q(family_key__isnull=False),
            ),
            models.Index(
                fields=["tenant", "given_key"],
                name="contact_tenant_given",
                condition=models.Q(given_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.email
