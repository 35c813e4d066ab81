"""Routes of the API for contacts, lists, suppressions, templates and campaigns."""

from django.urls import path

from campaigns.api import campaigns, contacts, imports, lists, previews, suppressions, templates

app_name = "campaigns_api"
urlpatterns = [
    path("fields", lists.FieldsView.as_view(), name="fields"),
    path("fields/<str:field>", lists.FieldView.as_view(), name="field"),
    path("contacts", contacts.ContactsView.as_view(), name="contacts"),
    path("contacts/batch", contacts.ContactsBatchView.as_view(), name="contacts_batch"),
    path("contacts/<str:contact>", contacts.ContactView.as_view(), name="contact"),
    path(
        "contacts/<str:contact>/subscriptions",
        contacts.ContactSubscriptionsView.as_view(),
        name="contact_subscriptions",
    ),
    path(
        "contacts/<str:contact>/subscriptions/<str:mailing_list>",
        contacts.ContactSubscriptionView.as_view(),
        name="contact_subscription",
    ),
    path("lists", lists.ListsView.as_view(), name="lists"),
    path("lists/<str:mailing_list>", lists.ListView.as_view(), name="list"),
    path("lists/<str:mailing_list>/contacts", lists.ListContactsView.as_view(), name="list_contacts"),
    path("suppressions", suppressions.SuppressionsView.as_view(), name="suppressions"),
    path("suppressions/<str:suppression>", suppressions.SuppressionView.as_view(), name="suppression"),
    path("imports", imports.ImportsView.as_view(), name="imports"),
    path("imports/<str:contact_import>", imports.ImportView.as_view(), name="import"),
    path("imports/<str:contact_import>/start", imports.ImportStartView.as_view(), name="import_start"),
    path("imports/<str:contact_import>/stop", imports.ImportStopView.as_view(), name="import_stop"),
    path("imports/<str:contact_import>/undo", imports.ImportUndoView.as_view(), name="import_undo"),
    path("imports/<str:contact_import>/errors", imports.ImportErrorsView.as_view(), name="import_errors"),
    path("templates", templates.TemplatesView.as_view(), name="templates"),
    path("templates/<str:template>", templates.TemplateView.as_view(), name="template"),
    path(
        "templates/<str:template>/restore", templates.TemplateRestoreView.as_view(), name="template_restore"
    ),
    path(
        "templates/<str:template>/duplicate",
        templates.TemplateDuplicateView.as_view(),
        name="template_duplicate",
    ),
    path("campaigns", campaigns.CampaignsView.as_view(), name="campaigns"),
    path("campaigns/<str:campaign>", campaigns.CampaignView.as_view(), name="campaign"),
    path("campaigns/<str:campaign>/check", campaigns.CampaignCheckView.as_view(), name="campaign_check"),
    path("campaigns/<str:campaign>/preview", previews.CampaignPreviewView.as_view(), name="campaign_preview"),
    path("campaigns/<str:campaign>/launch", campaigns.CampaignLaunchView.as_view(), name="campaign_launch"),
    path(
        "campaigns/<str:campaign>/unschedule",
        campaigns.CampaignUnscheduleView.as_view(),
        name="campaign_unschedule",
    ),
    path("campaigns/<str:campaign>/pause", campaigns.CampaignPauseView.as_view(), name="campaign_pause"),
    path("campaigns/<str:campaign>/resume", campaigns.CampaignResumeView.as_view(), name="campaign_resume"),
    path("campaigns/<str:campaign>/cancel", campaigns.CampaignCancelView.as_view(), name="campaign_cancel"),
    path(
        "campaigns/<str:campaign>/duplicate",
        campaigns.CampaignDuplicateView.as_view(),
        name="campaign_duplicate",
    ),
    path("campaigns/<str:campaign>/repeat", campaigns.CampaignRepeatView.as_view(), name="campaign_repeat"),
    path(
        "campaigns/<str:campaign>/archive", campaigns.CampaignArchiveView.as_view(), name="campaign_archive"
    ),
    path(
        "campaigns/<str:campaign>/unarchive",
        campaigns.CampaignUnarchiveView.as_view(),
        name="campaign_unarchive",
    ),
]
