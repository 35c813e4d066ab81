"""Pages of no single noun."""

from django.urls import path

from relay_saas.console import views

app_name = "console"
urlpatterns = [path("", views.home, name="home")]
