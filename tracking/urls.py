"""Pages of tracking."""

from django.urls import path

from tracking.views import (
    campaigns,
    contact_history,
    dmarc,
    message_page,
    messages,
    recipients,
    report,
    test_send,
    webhook_calls,
    webhooks,
)

app_name = "tracking"
urlpatterns = [
    path("campaigns/", campaigns.campaign_list, name="campaigns"),
    path("campaigns/<int:campaign_id>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:campaign_id>/live/", campaigns.campaign_live, name="campaign_live"),
    path("campaigns/<int:campaign_id>/report/", report.report, name="report"),
    path("campaigns/<int:campaign_id>/recipients/", recipients.recipients, name="recipients"),
    path("campaigns/<int:campaign_id>/estimate/", test_send.campaign_estimate, name="campaign_estimate"),
    path("campaigns/<int:campaign_id>/test/", test_send.campaign_test, name="campaign_test"),
    path("contacts/<int:contact_id>/history/", contact_history.contact_history, name="contact_history"),
    path(
        "campaigns/<int:campaign_id>/recipients/export/",
        recipients.recipients_export,
        name="recipients_export",
    ),
    path("developers/webhooks/", webhooks.webhook_list, name="webhooks"),
    path("developers/webhooks/new/", webhooks.webhook_new, name="webhook_new"),
    path("developers/webhooks/<int:endpoint_id>/", webhooks.webhook, name="webhook"),
    path("developers/webhooks/<int:endpoint_id>/edit/", webhooks.webhook_edit, name="webhook_edit"),
    path("developers/webhooks/<int:endpoint_id>/secret/", webhooks.webhook_rotate, name="webhook_rotate"),
    path("developers/webhooks/<int:endpoint_id>/test/", webhooks.webhook_test, name="webhook_test"),
    path("developers/webhooks/<int:endpoint_id>/pause/", webhooks.webhook_pause, name="webhook_pause"),
    path("developers/webhooks/<int:endpoint_id>/enable/", webhooks.webhook_enable, name="webhook_enable"),
    path("developers/webhooks/<int:endpoint_id>/delete/", webhooks.webhook_delete, name="webhook_delete"),
    path("developers/webhooks/<int:endpoint_id>/replay/", webhooks.webhook_replay, name="webhook_replay"),
    path(
        "developers/webhooks/<int:endpoint_id>/calls/<uuid:call_id>/",
        webhook_calls.webhook_call,
        name="webhook_call",
    ),
    path(
        "developers/webhooks/<int:endpoint_id>/calls/<uuid:call_id>/resend/",
        webhook_calls.webhook_resend,
        name="webhook_resend",
    ),
    path("domains/<int:domain_id>/dmarc/", dmarc.dmarc, name="dmarc"),
    path("messages/", messages.message_list, name="messages"),
    path("messages/<str:word>/", message_page.message, name="message"),
    path("messages/<str:word>/share/", message_page.message_share, name="message_share"),
    path(
        "messages/<str:word>/share/<int:share_id>/revoke/",
        message_page.message_share_revoke,
        name="message_share_revoke",
    ),
]
