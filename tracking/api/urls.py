"""Routes of the API whose answers hold engagements."""

from django.urls import path

from tracking.api import dmarc, events, explain, exports, messages, stats, views, webhooks

app_name = "tracking_api"
urlpatterns = [
    path("webhooks", webhooks.WebhooksView.as_view(), name="webhooks"),
    path("webhooks/<str:webhook>", webhooks.WebhookView.as_view(), name="webhook"),
    path("webhooks/<str:webhook>/secret", webhooks.WebhookSecretView.as_view(), name="webhook_secret"),
    path("webhooks/<str:webhook>/pause", webhooks.WebhookPauseView.as_view(), name="webhook_pause"),
    path("webhooks/<str:webhook>/enable", webhooks.WebhookEnableView.as_view(), name="webhook_enable"),
    path("webhooks/<str:webhook>/test", webhooks.WebhookTestView.as_view(), name="webhook_test"),
    path("webhooks/<str:webhook>/replays", webhooks.WebhookReplaysView.as_view(), name="webhook_replays"),
    path("webhooks/<str:webhook>/calls", webhooks.WebhookCallsView.as_view(), name="webhook_calls"),
    path("webhooks/<str:webhook>/calls/<str:call>", webhooks.WebhookCallView.as_view(), name="webhook_call"),
    path(
        "webhooks/<str:webhook>/calls/<str:call>/resend",
        webhooks.WebhookResendView.as_view(),
        name="webhook_resend",
    ),
    path("events", events.EventsView.as_view(), name="events"),
    path("messages/<str:message>/explain", explain.ExplainView.as_view(), name="message_explain"),
    path("messages", messages.MessagesView.as_view(), name="messages"),
    path("messages/<str:message>", messages.MessageView.as_view(), name="message"),
    path("campaigns/<str:campaign>/stats", stats.CampaignStatsView.as_view(), name="campaign_stats"),
    path("stats", stats.StatsView.as_view(), name="stats"),
    path("exports", exports.ExportsView.as_view(), name="exports"),
    path("domains/<str:domain>/dmarc", dmarc.DomainDmarcView.as_view(), name="domain_dmarc"),
    path("emails/<str:submission>/events", views.EmailEventsView.as_view(), name="email_events"),
]
