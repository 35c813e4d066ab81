"""Routes for clients of other services; some of them keep only the host of the address they are given."""

from django.urls import re_path

from delivery.api import postmark, resend

app_name = "foreign"
_POSTMARK = "^(?:postmark/)?email"
urlpatterns = [
    re_path(f"{_POSTMARK}$", postmark.PostmarkEmailView.as_view(), name="postmark_email"),
    re_path(f"{_POSTMARK}/batch$", postmark.PostmarkBatchView.as_view(), name="postmark_batch"),
    re_path(f"{_POSTMARK}/withTemplate/?$", postmark.PostmarkEmailView.as_view(), name="postmark_template"),
    re_path(
        f"{_POSTMARK}/batchWithTemplates/?$",
        postmark.PostmarkBatchView.as_view(),
        name="postmark_template_batch",
    ),
    re_path("^resend/emails$", resend.ResendEmailsView.as_view(), name="resend_emails"),
    re_path("^resend/emails/batch$", resend.ResendBatchView.as_view(), name="resend_batch"),
    re_path("^resend/emails/(?P<submission>[^/]+)$", resend.ResendEmailView.as_view(), name="resend_email"),
    re_path(
        "^resend/emails/(?P<submission>[^/]+)/cancel$",
        resend.ResendCancelView.as_view(),
        name="resend_cancel",
    ),
]
