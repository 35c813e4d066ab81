"""Pages of campaigns."""

from django.urls import path

from campaigns.views import (
    control,
    media,
    preview,
    review,
    sending,
    shelf,
    suppressions,
    template_deeds,
    templates,
)

app_name = "campaigns"
urlpatterns = [
    path("templates/", templates.templates, name="templates"),
    path("templates/new/", templates.template_new, name="template_new"),
    path("templates/<int:template_id>/", templates.template, name="template"),
    path("templates/<int:template_id>/html/", templates.template_html, name="template_html"),
    path(
        "templates/<int:template_id>/duplicate/",
        template_deeds.template_duplicate,
        name="template_duplicate",
    ),
    path("templates/<int:template_id>/archive/", template_deeds.template_archive, name="template_archive"),
    path("templates/<int:template_id>/use/", template_deeds.template_use, name="template_use"),
    path("templates/<int:template_id>/restore/", template_deeds.template_restore, name="template_restore"),
    path("media/", media.media, name="media"),
    path("media/upload/", media.media_upload, name="media_upload"),
    path("media/<int:media_id>/", media.media_item, name="media_item"),
    path("media/<int:media_id>/describe/", media.media_describe, name="media_describe"),
    path("media/<int:media_id>/delete/", media.media_delete, name="media_delete"),
    path("suppressions/", suppressions.suppression_list, name="suppressions"),
    path("campaigns/<int:campaign_id>/preview/", preview.preview, name="preview"),
    path(
        "campaigns/<int:campaign_id>/preview/<int:contact_id>/html/",
        preview.preview_html,
        name="preview_html",
    ),
    path("campaigns/pending/", sending.pending, name="pending"),
    path("campaigns/<int:campaign_id>/review/", review.review, name="review"),
    path("campaigns/<int:campaign_id>/launch/", sending.launch, name="launch"),
    path("campaigns/<int:campaign_id>/schedule/", sending.schedule, name="schedule"),
    path("campaigns/<int:campaign_id>/undo/", sending.undo, name="undo"),
    path("campaigns/<int:campaign_id>/duplicate/", shelf.duplicate, name="duplicate"),
    path("campaigns/<int:campaign_id>/repeat/", shelf.repeat, name="repeat"),
    path("campaigns/<int:campaign_id>/archive/", shelf.archive, name="archive"),
    path("campaigns/<int:campaign_id>/unarchive/", shelf.unarchive, name="unarchive"),
    path("campaigns/<int:campaign_id>/delete/", shelf.delete, name="delete"),
    path("campaigns/<int:campaign_id>/tags/", shelf.tags, name="tags"),
    path("campaigns/<int:campaign_id>/pause/", control.pause, name="pause"),
    path("campaigns/<int:campaign_id>/resume/", control.resume, name="resume"),
    path("campaigns/<int:campaign_id>/cancel/", control.cancel, name="cancel"),
]
