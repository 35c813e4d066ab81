"""A mailing to a list: its draft, its state, and the moment that makes its message ids."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantOwned
from campaigns.models.content import Content
from campaigns.models.lists import ContactList


class Campaign(TenantOwned):
    """Draft fields are edited until launch; then `content` is frozen and the ledger points at it."""

    class State(models.TextChoices):
        """Moves by campaigns.services.schedule, .launch and .control alone."""

        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        LAUNCHING = "launching", _("Preparing")
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", _("Cancelled")

    class Markup(models.TextChoices):
        """Language of `html_source`."""

        MJML = "mjml", "MJML"
        HTML = "html", "HTML"

    name = models.TextField()
    state = models.TextField(choices=State, default=State.DRAFT)
    #: How often the draft was saved: a save names the version that it changes (services.campaigns).
    version = models.IntegerField(default=1, db_default=1)
    #: Null while a draft has none yet; the launch asks for it.
    mailing_list = models.ForeignKey(ContactList, on_delete=models.PROTECT, null=True, related_name="+")
    from_name = models.TextField(default="")
    from_address = models.TextField(default="")
    reply_to = models.TextField(default="")
    subject = models.TextField(default="")
    preheader = models.TextField(default="")
    markup = models.TextField(choices=Markup, default=Markup.MJML)
    html_source = models.TextField(default="")
    #: Empty: made from the HTML.
    text_source = models.TextField(default="")

    #: Launched in that moment, or as soon as somebody looks; "send now" is some seconds away, to be undone.
    scheduled_at = models.DateTimeField(null=True)
    scheduled_by_id = models.BigIntegerField(null=True)
    #: Code of what stopped it when its time came: it is a draft again, and people must hear of it.
    launch_refusal = models.TextField(db_default="", default="")
    #: Goes only to those of the list who have no delivered message of that campaign or of its other repeats.
    repeat_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    #: Whether a repeat goes to those, too, of whom it is not known whether they got it.
    repeat_doubts = models.BooleanField(db_default=False, default=False)
    tags = ArrayField(models.TextField(), db_default=[], default=list)
    archived_at = models.DateTimeField(null=True)

    content = models.ForeignKey(Content, on_delete=models.PROTECT, null=True, related_name="+")
    #: Cut to milliseconds: with `salt` and the contact's id it makes every message id
    #: (docs/adr/0002-ledger.md).
    launched_at = models.DateTimeField(null=True)
    salt = models.BigIntegerField(default=0)
    #: Messages written by the launch; null until it is done.
    audience = models.BigIntegerField(null=True)
    #: People of the list who get no message, by reason (campaigns.selectors.audience).
    left_out = models.JSONField(default=dict)
    created_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)
    #: What the system paused it for, while it is paused for that: bounced or complained; empty: a person did.
    stopped_for = models.TextField(db_default="", default="")
    #: Every limit that has stopped it once; none stops it twice.
    guards = ArrayField(models.TextField(), db_default=[], default=list)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "launched_at"], name="campaign_tenant_launched_at")
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="campaign_tenant_id"),
            models.Index(
                fields=["tenant", "scheduled_at"],
                condition=models.Q(state="scheduled") | ~models.Q(launch_refusal=""),
                name="campaign_scheduled",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def get_state(self) -> State:
        """The state as a member of State, with its label."""
        return self.State(self.state)
