"""The operators' pages."""

from django.urls import path

from relay_saas.console.ops import (
    views,
    views_acts,
    views_bounces,
    views_health,
    views_mail,
    views_restored,
    views_tenants,
)

app_name = "ops"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("live/", views.overview_live, name="overview_live"),
    path("metrics", views.metrics, name="metrics"),
    path("tenants/", views_tenants.tenants, name="tenants"),
    path("tenants/<uuid:tenant_id>/", views_tenants.tenant, name="tenant"),
    path("tenants/<uuid:tenant_id>/stop/", views_tenants.tenant_stop, name="tenant_stop"),
    path("jobs/", views_tenants.jobs, name="jobs"),
    path("health/", views_health.health, name="health"),
    path("providers/", views.providers, name="providers"),
    path("providers/<int:provider_id>/", views.provider, name="provider"),
    path("providers/<int:provider_id>/suspend/", views_acts.suspend, name="suspend"),
    path("providers/<int:provider_id>/expire/", views_acts.expire, name="expire"),
    path("sources/", views.sources, name="sources"),
    path("lanes/", views.lanes, name="lanes"),
    path("policies/", views.policies, name="policies"),
    path("policies/<int:policy_id>/lift/", views_acts.lift, name="lift"),
    path("stop/", views_acts.red_switch, name="stop"),
    path("doubts/", views.doubts, name="doubts"),
    path("hosts/", views.hosts, name="hosts"),
    path("messages/", views.message, name="message"),
    path("bounces/", views_bounces.bounces, name="bounces"),
    path("bounces/group/", views_bounces.group, name="bounce_group"),
    path("bounces/undo/", views_bounces.undo, name="bounce_undo"),
    path("bounces/confirm/", views_bounces.confirm, name="bounce_confirm"),
    path("mail/", views_mail.mails, name="mails"),
    path("mail/<int:number>/", views_mail.mail, name="mail"),
    path("mail/<int:number>/done/", views_mail.done, name="mail_done"),
    path("restored/", views_restored.restored, name="restored"),
    path("restored/doubt/", views_restored.doubt, name="restored_doubt"),
    path("restored/resume/", views_restored.resume, name="restored_resume"),
]
