"""A developer's key: shown once, stored as a keyed hash."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned


class KeyScope(models.TextChoices):
    """What a key may do."""

    MESSAGES_SEND = "messages.send", _("Send mail")
    MESSAGES_READ = "messages.read", _("Read what became of mail")
    CONTACTS_READ = "contacts.read", _("Read contacts and fields")
    CONTACTS_WRITE = "contacts.write", _("Change contacts and fields")
    LISTS_READ = "lists.read", _("Read lists")
    LISTS_WRITE = "lists.write", _("Change lists and subscriptions")
    SUPPRESSIONS_READ = "suppressions.read", _("Read suppressions")
    SUPPRESSIONS_WRITE = "suppressions.write", _("Change suppressions")
    TEMPLATES_READ = "templates.read", _("Read templates")
    TEMPLATES_WRITE = "templates.write", _("Change templates")
    CAMPAIGNS_READ = "campaigns.read", _("Read campaigns")
    CAMPAIGNS_WRITE = "campaigns.write", _("Change campaigns")
    CAMPAIGNS_SEND = "campaigns.send", _("Launch and stop campaigns")
    EVENTS_READ = "events.read", _("Read events")
    STATS_READ = "stats.read", _("Read statistics")
    DOMAINS_READ = "domains.read", _("Read sending domains")
    DOMAINS_WRITE = "domains.write", _("Change sending domains")
    WEBHOOKS_READ = "webhooks.read", _("Read webhooks")
    WEBHOOKS_WRITE = "webhooks.write", _("Change webhooks")
    CREDENTIALS_READ = "credentials.read", _("Read SMTP credentials")
    CREDENTIALS_WRITE = "credentials.write", _("Change SMTP credentials")
    KEYS_READ = "keys.read", _("Read API keys")
    KEYS_WRITE = "keys.write", _("Change API keys")
    MEMBERS_READ = "members.read", _("Read members")
    MEMBERS_WRITE = "members.write", _("Change members")
    ORGANIZATION_READ = "organization.read", _("Read the organization’s settings")
    ORGANIZATION_WRITE = "organization.write", _("Change the organization’s settings")
    AUDIT_READ = "audit.read", _("Read the audit log")
    EXPORTS_READ = "exports.read", _("Fetch exports")
    EXPORTS_WRITE = "exports.write", _("Start exports")


class ApiKey(TenantOwned):
    """`rly_live_<id>_<secret>`; `hash` is HMAC-SHA-256 with the installation's pepper, globally unique."""

    name = models.TextField()
    prefix = models.TextField()
    hash = models.BinaryField(unique=True)
    scopes = ArrayField(models.TextField(), default=list)
    #: Its mail is only simulated; such a key begins with `rly_test_`.
    test = models.BooleanField(default=False)
    #: Sending domains that its mail may come from; empty: every verified one.
    domains = ArrayField(models.TextField(), default=list)
    #: Networks that its requests may come from; empty: all.
    networks = ArrayField(models.TextField(), default=list)
    #: Requests in a second; null: what the installation allows.
    rate = models.IntegerField(null=True)
    #: The first key of those that replaced each other; null: it is the first.
    family_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.prefix
