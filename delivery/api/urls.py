"""Routes of the mail API."""

from django.urls import path

from delivery.api import views

app_name = "api"
urlpatterns = [
    path("emails", views.EmailsView.as_view(), name="emails"),
    path("emails/<str:submission>", views.EmailView.as_view(), name="email"),
]
