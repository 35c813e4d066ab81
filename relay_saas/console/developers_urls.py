"""Pages of developers: they come from accounts."""

from django.urls import path

from accounts.views import api_keys, request_log

urlpatterns = [
    path("keys/", api_keys.keys, name="keys"),
    path("keys/new/", api_keys.create, name="key_create"),
    path("keys/<int:key_id>/revoke/", api_keys.revoke, name="key_revoke"),
    path("keys/<int:key_id>/rotate/", api_keys.rotate, name="key_rotate"),
    path("logs/", request_log.requests, name="request_log"),
    path("reference/", api_keys.reference, name="api_reference"),
]
