"""The composition of all routes."""

from django.urls import include, path

from accounts.views import language
from campaigns.views.media import media_file
from relay_saas.console import api_docs, domain_hosts, domain_report, domain_share, status, views
from tracking.views.message_page import message_shared

handler400 = "relay_saas.web.errors.bad_request"
handler403 = "relay_saas.web.errors.forbidden"
handler404 = "relay_saas.web.errors.not_found"
handler500 = "relay_saas.web.errors.server_error"

urlpatterns = [
    path("", views.front_door, name="front_door"),
    path("tools/domain-report/", domain_report.domain_report, name="domain_report"),
    path("status/", status.status, name="status"),
    path("healthz", views.healthz, name="healthz"),
    path("dns/<str:token>/", domain_share.dns_share, name="dns_share"),
    path("dns/<str:token>/zone/", domain_share.dns_share_zone, name="dns_share_zone"),
    path("dns/<str:token>/hosts/", domain_hosts.dns_share_hosts, name="dns_share_hosts"),
    path("explain/<str:token>/", message_shared, name="message_shared"),
    path("m/<path:path>", media_file, name="media_file"),
    path("i18n/setlang/", language.set_language, name="set_language"),
    path("ops/", include("relay_saas.console.ops.urls")),
    path("accounts/", include("accounts.urls")),
    path("o/<slug:tenant_slug>/", include("relay_saas.console.urls")),
    path("o/<slug:tenant_slug>/", include("campaigns.urls")),
    path("o/<slug:tenant_slug>/", include("tracking.urls")),
    path("docs/api/", api_docs.reference, name="api_docs"),
    path("docs/api/try/", api_docs.try_it, name="api_try"),
    path("docs/api/redoc.js", api_docs.redoc, name="redoc"),
    path("api/v1/openapi.json", api_docs.openapi, name="openapi"),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("campaigns.api.urls")),
    path("", include("delivery.api.foreign_urls")),
    path("api/v1/", include("delivery.api.urls")),
    path("api/v1/", include("tracking.api.urls")),
]
