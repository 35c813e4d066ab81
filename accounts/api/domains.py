"""`/domains` and `/senders`."""

from functools import partial
from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.bodies import DomainBody, NewDomainBody, SenderBody
from accounts.api.documents import DomainDocument, DomainSummary, SenderDocument
from accounts.api.views import JsonApiView, created
from accounts.models import Sender, SendingDomain
from accounts.models.stream import Stream
from accounts.selectors.domains import find_domain
from accounts.selectors.senders import find_sender
from accounts.services.dns_records import tenant_records
from accounts.services.domains import add_domain, ask_for_check, remove_domain
from accounts.services.senders import SenderDraft, create_sender, delete_sender, update_sender
from accounts.services.stream_domains import set_stream_domain
from accounts.tasks import check_domain
from relay_saas.web.api_operation import PAGING, Operation, choice, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_query import read_word
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.prefixed import number_of, public_id

_SENDER = {"bad_address": 422, "bad_name": 422, "domain_unknown": 422, "sender_exists": 422}


class DomainsView(JsonApiView):
    """Sending domains, the newest first."""

    tag = "Domains"
    required_scope = scopes("domains.read", "domains.write")
    parameters = {**PAGING, "state": choice("Those in this state.", SendingDomain.State.values)}
    operations = {
        "GET": Operation(says="List sending domains", answer=page_shape(DomainSummary)),
        "POST": Operation(
            says="Add a sending domain",
            more="A name that is there already answers with that domain.",
            body=NewDomainBody,
            answer=DomainDocument,
            status=201,
            examples={"A subdomain": {"name": "news.example.com"}},
            refusals={"bad_domain": 422, "zone_refused": 502},
            versioned=True,
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        rows = SendingDomain.objects.filter(tenant_id=self.tenant_id)
        if state := read_word(request.query_params, "state", SendingDomain.State.values):
            rows = rows.filter(state=state)
        page = list_page(
            rows,
            name="domains",
            order=("-id",),
            query=request.query_params,
            document=lambda row: DomainSummary(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:
        """With its keys; its records are to be set then."""
        name = self.body(NewDomainBody)["name"]
        domain = add_domain(tenant_id=self.tenant_id, name=name, actor=self.actor)
        return created(request, _document(domain), f"/api/v1/domains/{public_id('dom', domain.pk)}")


class DomainView(JsonApiView):
    """One sending domain."""

    tag = "Domains"
    required_scope = scopes("domains.read", "domains.write")
    path_ids = {"domain": "dom"}
    operations = {
        "GET": Operation(says="Read a domain and its records", answer=DomainDocument, versioned=True),
        "PATCH": Operation(
            says="Make it a stream's own domain, or nobody's",
            body=DomainBody,
            answer=DomainDocument,
            examples={"For newsletters": {"stream": "marketing"}},
            refusals={"domain_of_another_stream": 422},
            versioned=True,
        ),
        "DELETE": Operation(
            says="Remove a domain that no mail was sent from",
            status=204,
            refusals={"domain_in_use": 409, "zone_refused": 502},
            versioned=True,
        ),
    }

    def get(self, request: Request, domain: str) -> Response:
        """By id."""
        return single(request, _document(_find(self, domain)))

    def patch(self, request: Request, domain: str) -> Response:
        """The stream alone."""
        given = self.body(DomainBody, partial=True)
        found = _find(self, domain, lock=True)
        check_match(request, _document(found))
        stream = given.get("stream")
        if stream is not None:
            set_stream_domain(tenant_id=self.tenant_id, stream=stream, domain_id=found.pk, actor=self.actor)
        elif "stream" in given and found.stream is not None:
            set_stream_domain(
                tenant_id=self.tenant_id, stream=Stream(found.stream), domain_id=None, actor=self.actor
            )
        return single(request, _document(_find(self, domain)))

    def delete(self, request: Request, domain: str) -> Response:
        """With its keys and senders."""
        found = _find(self, domain, lock=True)
        check_match(request, _document(found))
        remove_domain(tenant_id=self.tenant_id, domain_id=found.pk, actor=self.actor)
        return Response(status=204)


class DomainVerifyView(JsonApiView):
    """Looks at DNS."""

    tag = "Domains"
    required_scope = scopes(write="domains.write")
    path_ids = {"domain": "dom"}
    operations = {
        "POST": Operation(
            says="Check a domain's records now",
            more="The answer comes before DNS has said anything: read the domain again after some seconds.",
            answer=DomainDocument,
            status=202,
        )
    }

    def post(self, request: Request, domain: str) -> Response:  # noqa: ARG002
        """A task asks DNS; not again within a few seconds."""
        number = number_of("dom", domain)
        if ask_for_check(tenant_id=self.tenant_id, domain_id=number):
            start = partial(check_domain.delay, str(self.tenant_id), number)
            transaction.on_commit(start, robust=True)
        return Response(_document(_find(self, domain)), status=202)


class SendersView(JsonApiView):
    """Senders, the newest first."""

    tag = "Senders"
    required_scope = scopes("domains.read", "domains.write")
    parameters = {**PAGING}
    operations = {
        "GET": Operation(says="List senders", answer=page_shape(SenderDocument)),
        "POST": Operation(
            says="Make a sender",
            body=SenderBody,
            answer=SenderDocument,
            status=201,
            examples={"A shop": {"name": "Acme", "address": "shop@news.example.com"}},
            refusals={**_SENDER, "domain_not_verified": 422},
            versioned=True,
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        page = list_page(
            Sender.objects.filter(tenant_id=self.tenant_id),
            name="senders",
            order=("-id",),
            query=request.query_params,
            document=lambda row: SenderDocument(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:
        """The first one is the default."""
        draft = SenderDraft(**self.body(SenderBody))
        sender = create_sender(tenant_id=self.tenant_id, draft=draft, actor=self.actor)
        at = f"/api/v1/senders/{public_id('snd', sender.pk)}"
        return created(request, SenderDocument(sender).data, at)


class SenderView(JsonApiView):
    """One sender."""

    tag = "Senders"
    required_scope = scopes("domains.read", "domains.write")
    path_ids = {"sender": "snd"}
    operations = {
        "GET": Operation(says="Read a sender", answer=SenderDocument, versioned=True),
        "PATCH": Operation(
            says="Change a sender",
            body=SenderBody,
            answer=SenderDocument,
            examples={"Another name": {"name": "Acme Support"}},
            refusals={**_SENDER, "domain_not_verified": 422},
            versioned=True,
        ),
        "DELETE": Operation(says="Remove a sender", status=204, versioned=True),
    }

    def get(self, request: Request, sender: str) -> Response:
        """By id."""
        return single(request, SenderDocument(self._find(sender)).data)

    def patch(self, request: Request, sender: str) -> Response:
        """What is not named stays."""
        given = self.body(SenderBody, partial=True)
        found = self._find(sender, lock=True)
        check_match(request, SenderDocument(found).data)
        now = {"name": found.name, "address": found.address, "reply_to": found.reply_to}
        changed = update_sender(
            tenant_id=self.tenant_id,
            sender_id=found.pk,
            draft=SenderDraft(**(now | given)),
            actor=self.actor,
        )
        return single(request, SenderDocument(changed).data)

    def delete(self, request: Request, sender: str) -> Response:
        """Campaigns keep its address."""
        found = self._find(sender, lock=True)
        check_match(request, SenderDocument(found).data)
        delete_sender(tenant_id=self.tenant_id, sender_id=found.pk, actor=self.actor)
        return Response(status=204)

    def _find(self, text: str, *, lock: bool = False) -> Sender:
        found = find_sender(tenant_id=self.tenant_id, sender_id=number_of("snd", text))
        return Sender.objects.select_for_update().get(pk=found.pk) if lock else found


def _find(view: JsonApiView, text: str, *, lock: bool = False) -> SendingDomain:
    found = find_domain(tenant_id=view.tenant_id, domain_id=number_of("dom", text))
    return SendingDomain.objects.select_for_update().get(pk=found.pk) if lock else found


def _document(domain: SendingDomain) -> dict[str, Any]:
    seen = {(one.get("type"), one.get("name")): one for one in domain.records}
    records = []
    for record in tenant_records(domain):
        last = seen.get((record.type, record.name), {})
        records.append(
            {
                "purpose": record.purpose,
                "type": record.type,
                "name": record.name,
                "value": record.value,
                "ok": last.get("ok"),
                "found": [str(one) for one in last.get("found", [])],
            }
        )
    return {**DomainSummary(domain).data, "records": records}
