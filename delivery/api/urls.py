"""Routes of the mail API."""

from django.urls import path

from delivery.api import campaign_tests, raw, views

app_name = "api"
urlpatterns = [
    path("emails", views.EmailsView.as_view(), name="emails"),
    path("emails/batch", views.EmailBatchView.as_view(), name="email_batch"),
    path("emails/raw", raw.RawEmailView.as_view(), name="email_raw"),
    path("emails/<str:submission>", views.EmailView.as_view(), name="email"),
    path("campaigns/<str:campaign>/test", campaign_tests.CampaignTestView.as_view(), name="campaign_test"),
    path("emails/<str:submission>/cancel", views.EmailCancelView.as_view(), name="email_cancel"),
]
