"""Routes of the API whose answers hold engagements."""

from django.urls import path

from tracking.api import events, explain, views

app_name = "tracking_api"
urlpatterns = [
    path("events", events.EventsView.as_view(), name="events"),
    path("messages/<str:message>/explain", explain.ExplainView.as_view(), name="message_explain"),
    path("emails/<str:submission>/events", views.EmailEventsView.as_view(), name="email_events"),
]
