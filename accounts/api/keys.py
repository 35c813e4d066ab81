"""`/keys` and `/credentials`: made, shown once, replaced, revoked."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.bodies import CredentialBody, KeyBody
from accounts.api.documents import CredentialDocument, KeyDocument, NewCredentialDocument, NewKeyDocument
from accounts.api.views import JsonApiView
from accounts.exceptions import BadKeySettings, KeyBeyondOwn
from accounts.models import ApiKey, SmtpCredential
from accounts.services import smtp_credentials
from accounts.services.api_keys import create_key, revoke_key, rotate_key
from accounts.services.key_limits import KeyLimits, limits_of
from accounts.services.smtp_draft import CredentialDraft, draft_of
from relay_saas.web.api_operation import PAGING, Operation, flag, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_query import read_flag
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.errors import NotFound
from relay_saas.web.prefixed import number_of


class KeysView(JsonApiView):
    """API keys, the newest first."""

    tag = "Keys"
    required_scope = scopes("keys.read", "keys.write")
    parameters = {**PAGING}
    operations = {
        "GET": Operation(says="List API keys", answer=page_shape(KeyDocument)),
        "POST": Operation(
            says="Make an API key",
            more="Its secret is in this answer and nowhere else. It may do no more than the key that makes"
            " it: no further scope, domain or network, no later end, and no real mail where that one only"
            " simulates.",
            body=KeyBody,
            answer=NewKeyDocument,
            status=201,
            examples={"For a shop": {"name": "web shop", "scopes": ["messages.send", "messages.read"]}},
            refusals={"key_beyond_own": 403, "key_name_taken": 409, "bad_key_settings": 422},
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        page = list_page(
            ApiKey.objects.filter(tenant_id=self.tenant_id),
            name="keys",
            order=("-id",),
            query=request.query_params,
            document=lambda row: KeyDocument(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """A key of this one's measure."""
        given = self.body(KeyBody)
        limits = KeyLimits(
            test=given["test"], domains=given["domains"], networks=given["networks"], rate=given["rate"]
        )
        _keep_within(self, given["scopes"], limits, given["expires_at"])
        key, secret = create_key(
            tenant_id=self.tenant_id,
            name=" ".join(given["name"].split()),
            scopes=list(dict.fromkeys(given["scopes"])),
            expires_at=given["expires_at"],
            limits=limits,
            actor=self.actor,
        )
        return _shown_once(KeyDocument(key).data, "keys", secret=secret)


class KeyView(JsonApiView):
    """One key."""

    tag = "Keys"
    required_scope = scopes("keys.read", "keys.write")
    path_ids = {"key_id": "key"}
    operations = {
        "GET": Operation(says="Read an API key", answer=KeyDocument, versioned=True),
        "DELETE": Operation(says="Revoke an API key", more="It ends at once.", status=204),
    }

    def get(self, request: Request, key_id: str) -> Response:
        """By id."""
        return single(request, KeyDocument(_key(self, key_id)).data)

    def delete(self, request: Request, key_id: str) -> Response:  # noqa: ARG002
        """Again changes nothing."""
        revoke_key(tenant_id=self.tenant_id, key_id=number_of("key", key_id), actor=self.actor)
        return Response(status=204)


class KeyRotateView(JsonApiView):
    """A successor."""

    tag = "Keys"
    required_scope = scopes(write="keys.write")
    path_ids = {"key_id": "key"}
    operations = {
        "POST": Operation(
            says="Replace an API key",
            more="The new one has its name, scopes, limits and end; the old one works for 24 hours more.",
            answer=NewKeyDocument,
            status=201,
            refusals={"key_ended": 409, "key_beyond_own": 403},
        )
    }

    def post(self, request: Request, key_id: str) -> Response:  # noqa: ARG002
        """Of a key that may do no more than this one."""
        old = _key(self, key_id)
        _keep_within(self, old.scopes, limits_of(old), old.expires_at)
        key, secret = rotate_key(tenant_id=self.tenant_id, key_id=old.pk, actor=self.actor)
        return _shown_once(KeyDocument(key).data, "keys", secret=secret)


class CredentialsView(JsonApiView):
    """SMTP credentials, the newest first."""

    tag = "Credentials"
    required_scope = scopes("credentials.read", "credentials.write")
    parameters = {**PAGING, "revoked": flag("Only those that were revoked, or only those that were not.")}
    operations = {
        "GET": Operation(says="List SMTP credentials", answer=page_shape(CredentialDocument)),
        "POST": Operation(
            says="Make an SMTP credential",
            more="Its password is in this answer and nowhere else.",
            body=CredentialBody,
            answer=NewCredentialDocument,
            status=201,
            examples={"For a mail program": {"name": "Outlook", "allowed_from": ["*@news.example.com"]}},
            refusals={"bad_credential": 422},
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        rows = SmtpCredential.objects.filter(tenant_id=self.tenant_id)
        revoked = read_flag(request.query_params, "revoked")
        if revoked is not None:
            rows = rows.filter(revoked_at__isnull=not revoked)
        page = list_page(
            rows,
            name="credentials",
            order=("-id",),
            query=request.query_params,
            document=lambda row: CredentialDocument(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """A user name and a password."""
        draft = CredentialDraft(**self.body(CredentialBody))
        found, password = smtp_credentials.create(tenant_id=self.tenant_id, draft=draft, actor=self.actor)
        return _shown_once(CredentialDocument(found).data, "credentials", password=password)


class CredentialView(JsonApiView):
    """One credential."""

    tag = "Credentials"
    required_scope = scopes("credentials.read", "credentials.write")
    path_ids = {"credential": "cred"}
    operations = {
        "GET": Operation(says="Read an SMTP credential", answer=CredentialDocument, versioned=True),
        "PATCH": Operation(
            says="Change an SMTP credential",
            more="User name and password stay, and whatever is not named. Servers go by it within a second.",
            body=CredentialBody,
            answer=CredentialDocument,
            examples={"A limit": {"daily_limit": 2000}, "No limit": {"daily_limit": None}},
            refusals={"credential_ended": 409, "bad_credential": 422},
            versioned=True,
        ),
        "DELETE": Operation(says="Revoke an SMTP credential", status=204),
    }

    def get(self, request: Request, credential: str) -> Response:
        """By id."""
        return single(request, CredentialDocument(self._find(credential)).data)

    def patch(self, request: Request, credential: str) -> Response:
        """What is not named stays."""
        given = self.body(CredentialBody, partial=True)
        found = self._find(credential, lock=True)
        check_match(request, CredentialDocument(found).data)
        changed = smtp_credentials.update(
            tenant_id=self.tenant_id, credential_id=found.pk, draft=draft_of(found, **given), actor=self.actor
        )
        return single(request, CredentialDocument(changed).data)

    def delete(self, request: Request, credential: str) -> Response:  # noqa: ARG002
        """Again changes nothing."""
        number = number_of("cred", credential)
        smtp_credentials.revoke(tenant_id=self.tenant_id, credential_id=number, actor=self.actor)
        return Response(status=204)

    def _find(self, text: str, *, lock: bool = False) -> SmtpCredential:
        rows = SmtpCredential.objects.select_for_update() if lock else SmtpCredential.objects
        found = rows.filter(tenant_id=self.tenant_id, pk=number_of("cred", text)).first()
        if found is None:
            raise NotFound
        return found


def _key(view: JsonApiView, text: str) -> ApiKey:
    found = ApiKey.objects.filter(tenant_id=view.tenant_id, pk=number_of("key", text)).first()
    if found is None:
        raise NotFound
    return found


def _keep_within(view: JsonApiView, wanted: list[str], limits: KeyLimits, expires_at: Any) -> None:
    """Who holds a key could otherwise make one that may do more; raises KeyBeyondOwn."""
    own = ApiKey.objects.get(tenant_id=view.tenant_id, pk=view.key.key_id)
    beyond = (
        not set(wanted) <= set(own.scopes)
        or (own.test and not limits.test)
        or (own.domains and not (limits.domains and set(limits.domains) <= set(own.domains)))
        or (own.networks and not (limits.networks and set(limits.networks) <= set(own.networks)))
        or (own.rate is not None and (limits.rate is None or limits.rate > own.rate))
        or (own.expires_at is not None and (expires_at is None or expires_at > own.expires_at))
    )
    if beyond:
        raise KeyBeyondOwn
    if expires_at is not None and expires_at <= timezone.now():
        raise BadKeySettings


def _shown_once(document: Mapping[str, Any], noun: str, **secret: str) -> Response:
    headers = {"Location": f"/api/v1/{noun}/{document['id']}", "Cache-Control": "no-store"}
    return Response({**document, **secret}, status=201, headers=headers)
