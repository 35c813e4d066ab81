"""Lists of contacts; a subscription is the consent for one list."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned
from campaigns.models.contact import Contact


class ContactList(TenantOwned):
    """A list that people join and leave; its id stands in List-Id."""

    name = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    #: An archived list is offered to no new campaign; its people and their choices stay.
    archived_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="contactlist_tenant_name")]

    def __str__(self) -> str:
        return self.name


class Subscription(TenantOwned):
    """One contact on one list."""

    class State(models.TextChoices):
        """Whether the list may be sent to them."""

        SUBSCRIBED = "subscribed", _("Subscribed")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")

    mailing_list = models.ForeignKey(ContactList, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="subscriptions")
    state = models.TextField(choices=State, default=State.SUBSCRIBED)
    #: How it came to be: `import:<id>`, `one_click`, `page`, `undo`, `person:<name>`.
    source = models.TextField(default="")
    #: Why a person of the organization changed it.
    reason = models.TextField(db_default="")
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "mailing_list", "contact"], name="subscription_tenant_list_contact"
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "contact", "mailing_list"],
                name="subscription_tenant_left",
                condition=models.Q(state="unsubscribed"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.state}"


class Headcount(TenantOwned):
    """Part of how many people a list has; `mailing_list_id` 0: of all contacts (`here` counts them).

    The sum of a list's rows is exact. Triggers write a row for each statement and take the free ones
    along, so that nobody waits for anybody: docs/adr/0016-headcounts.md.
    """

    mailing_list_id = models.BigIntegerField()
    here = models.BigIntegerField()
    away = models.BigIntegerField()

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "mailing_list_id"], name="headcount_tenant_list")]

    def __str__(self) -> str:
        return f"{self.mailing_list_id} {self.here}/{self.away}"
