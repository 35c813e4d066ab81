"""Pages of no single noun."""

from django.urls import path

from relay_saas.console import sending_domains, views

app_name = "console"
urlpatterns = [
    path("", views.home, name="home"),
    path("domains/", sending_domains.sending_domains, name="sending_domains"),
    path("domains/stream/", sending_domains.stream_domain, name="stream_domain"),
]
