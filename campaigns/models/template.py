"""A mail to begin campaigns with."""

from django.db import models

from accounts.tenancy import TenantOwned
from campaigns.models.campaign import Campaign


class Template(TenantOwned):
    """Sources that campaigns copy; what was copied does not follow later changes."""

    name = models.TextField()
    markup = models.TextField(choices=Campaign.Markup, default=Campaign.Markup.MJML)
    html_source = models.TextField(default="")
    #: Empty: made from the HTML.
    text_source = models.TextField(default="")
    #: One more with each save: an older one must not overwrite a newer one unseen.
    version = models.IntegerField(default=1)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        indexes = [models.Index(fields=["tenant", "-updated_at", "-id"], name="template_tenant_updated")]

    def __str__(self) -> str:
        return self.name
