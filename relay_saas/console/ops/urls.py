"""The operators' pages."""

from django.urls import path

from relay_saas.console.ops import views, views_acts

app_name = "ops"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("live/", views.overview_live, name="overview_live"),
    path("metrics", views.metrics, name="metrics"),
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
]
