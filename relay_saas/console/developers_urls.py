"""Pages of developers: they come from accounts."""

from django.urls import path

from accounts.views import api_keys, request_log, smtp_credentials

urlpatterns = [
    path("keys/", api_keys.keys, name="keys"),
    path("keys/new/", api_keys.create, name="key_create"),
    path("keys/<int:key_id>/revoke/", api_keys.revoke, name="key_revoke"),
    path("keys/<int:key_id>/rotate/", api_keys.rotate, name="key_rotate"),
    path("smtp/", smtp_credentials.credentials, name="smtp_credentials"),
    path("smtp/new/", smtp_credentials.create, name="smtp_credential_new"),
    path("smtp/settings/", smtp_credentials.ready_settings, name="smtp_settings"),
    path("smtp/<int:credential_id>/", smtp_credentials.credential, name="smtp_credential"),
    path("smtp/<int:credential_id>/edit/", smtp_credentials.edit, name="smtp_credential_edit"),
    path("smtp/<int:credential_id>/revoke/", smtp_credentials.revoke, name="smtp_credential_revoke"),
    path("logs/", request_log.requests, name="request_log"),
    path("reference/", api_keys.reference, name="api_reference"),
]
