"""Lists of contacts; a subscription is the consent for one list."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned
from campaigns.models.contact import Contact


class ContactList(TenantOwned):
    """A list that people join and leave; its id stands in List-Id."""

    name = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

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
    #: How it came to be: `import:<id>`, `one_click`, `page`, `undo`.
    source = models.TextField(default="")
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "mailing_list", "contact"], name="subscription_tenant_list_contact"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.state}"
