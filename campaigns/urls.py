"""Pages of campaigns."""

from django.urls import path

from campaigns.views import control, preview, suppressions

app_name = "campaigns"
urlpatterns = [
    path("suppressions/", suppressions.suppression_list, name="suppressions"),
    path("campaigns/<int:campaign_id>/preview/", preview.preview, name="preview"),
    path(
        "campaigns/<int:campaign_id>/preview/<int:contact_id>/html/",
        preview.preview_html,
        name="preview_html",
    ),
    path("campaigns/<int:campaign_id>/launch/", control.launch, name="launch"),
    path("campaigns/<int:campaign_id>/pause/", control.pause, name="pause"),
    path("campaigns/<int:campaign_id>/resume/", control.resume, name="resume"),
    path("campaigns/<int:campaign_id>/cancel/", control.cancel, name="cancel"),
]
