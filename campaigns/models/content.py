"""What a message says, frozen: campaigns and API mail alike point at an immutable Content."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.tenancy import TenantOwned


class Content(TenantOwned):
    """Liquid sources, compiled once: `html` and `text` name `relay_link[i]` where the Link rows stand."""

    from_name = models.TextField(default="")
    from_address = models.TextField()
    reply_to = models.TextField(default="")
    subject = models.TextField()
    preheader = models.TextField(default="")
    html = models.TextField(null=True)
    text = models.TextField(null=True)
    #: Dotted names of the merge fields that the three templates read (`contact.first_name`).
    fields = ArrayField(models.TextField(), default=list)
    #: False for literal API mail: subject, html and text are sent as they are.
    is_template = models.BooleanField(default=True)
    track_opens = models.BooleanField(default=True)
    track_clicks = models.BooleanField(default=True)
    #: `[{"name", "content_type", "content": base64, "content_id"}]`, API mail only.
    attachments = models.JSONField(default=list)
    #: Extra headers of API mail: `[[name, value]]`.
    headers = models.JSONField(default=list)
    #: The domain that signs; the envelope and the tracking host are below it.
    sending_domain = models.ForeignKey("accounts.SendingDomain", on_delete=models.PROTECT, related_name="+")
    mailing_list = models.ForeignKey(
        "campaigns.ContactList", on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.subject


class Link(TenantOwned):
    """A click target: only these are ever redirected to. `target` may hold Liquid."""

    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="links", db_index=False)
    index = models.SmallIntegerField()
    target = models.TextField()

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "content", "index"], name="link_tenant_content")
        ]

    def __str__(self) -> str:
        return self.target
