"""Routes of the mail API."""

from django.urls import path

from delivery.api import views

app_name = "api"
urlpatterns = [
    path("emails", views.EmailsView.as_view(), name="emails"),
    path("emails/<str:submission>", views.EmailView.as_view(), name="email"),
    path("emails/<str:submission>/events", views.EmailEventsView.as_view(), name="email_events"),
]
