"""`/contacts`: one by one, by address, up to a thousand at once; their places on lists."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView, created
from campaigns.api.bodies import ContactBody, ContactsBody, NewContactBody, PlaceBody
from campaigns.api.documents import ContactDocument, Document, PlaceDocument
from campaigns.models import Contact, Subscription
from campaigns.selectors.contacts import SUPPRESSED, Wanted, beside, contact_page, contacts_of, find_contact
from campaigns.services.contacts import add_contact, change_contact, delete_contact
from campaigns.services.contacts_many import Given, Saved, save_many
from campaigns.services.subscriptions import set_subscription
from relay_saas.mail.addresses import BadAddress, parse_address
from relay_saas.web.api_operation import PAGING, Operation, address, choice, id_of, page_shape, scopes
from relay_saas.web.api_paging import open_cursor, page_size, seal_cursor
from relay_saas.web.api_query import read_address, read_word
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.errors import NotFound
from relay_saas.web.json_body import BulkJsonParser
from relay_saas.web.prefixed import PublicId, number_of, number_or_zero, public_id, read_id

_STATES = (*Subscription.State.values, SUPPRESSED)
_EXAMPLE = {"email": "hanako@example.jp", "fields": {"first_name": "花子", "city": "東京"}, "lists": []}
_FIRST = {"email": "a@example.jp", "fields": {"city": "京都"}}


class SavedDocument(Document):
    """What became of one of many contacts."""

    status = serializers.ChoiceField(["created", "changed", "unchanged", "refused"])
    id = PublicId("con", allow_null=True)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)


class SavedContactsDocument(Document):
    """What became of each, in their order."""

    results = SavedDocument(many=True)


class PlacesDocument(Document):
    """All places of a contact."""

    data = PlaceDocument(many=True)


class ContactsView(JsonApiView):
    """Contacts, the newest first."""

    tag = "Contacts"
    required_scope = scopes("contacts.read", "contacts.write")
    parameters = {
        **PAGING,
        "email": address("This address alone."),
        "list": id_of("lst", "Those who are or were on this list."),
        "state": choice("Their state on the list, or on any.", _STATES),
    }
    operations = {
        "GET": Operation(says="List contacts", answer=page_shape(ContactDocument)),
        "POST": Operation(
            says="Add a contact",
            body=NewContactBody,
            answer=ContactDocument,
            status=201,
            examples={"A contact on no list": _EXAMPLE},
            refusals={
                "contact_exists": 409,
                "bad_address": 422,
                "unknown_field": 422,
            },
            versioned=True,
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        query = request.query_params
        state, size = read_word(query, "state", _STATES) or "", page_size(query)
        if "email" in query:
            rows = contacts_of(tenant_id=self.tenant_id, wanted=self._wanted(state))
            wanted = read_address(query, "email")
            found = beside(self.tenant_id, list(rows.filter(email_key=wanted.key))) if wanted else []
            return Response({"data": ContactDocument(found, many=True).data, "next": None})
        cursor = open_cursor("contacts", query["after"]) if "after" in query else None
        page = contact_page(
            tenant_id=self.tenant_id, wanted=self._wanted(state), cursor=cursor, size=size
        ).page
        following = seal_cursor("contacts", page.next_cursor) if page.next_cursor else None
        return Response({"data": ContactDocument(page.items, many=True).data, "next": following})

    def post(self, request: Request) -> Response:
        """A new one; an address that is there already is refused."""
        given = self.body(NewContactBody)
        contact = add_contact(
            tenant_id=self.tenant_id,
            email=given["email"],
            values=given.get("fields", {}),
            mailing_list_ids=given.get("lists", []),
            actor=self.actor,
        )
        return created(
            request, _document(self.tenant_id, contact), f"/api/v1/contacts/{public_id('con', contact.pk)}"
        )

    def _wanted(self, state: str) -> Wanted:
        number = read_id(self.request.query_params, "list", "lst")
        # 0 would mean: on any.
        return Wanted(mailing_list_id=-1 if number == 0 else number, state=state)


class ContactView(JsonApiView):
    """One contact, by its id or by its address."""

    tag = "Contacts"
    required_scope = scopes("contacts.read", "contacts.write")
    path_ids = {"contact": "con"}
    operations = {
        "GET": Operation(
            says="Read a contact",
            more="An address (percent-encoded) may stand in the place of the id.",
            answer=ContactDocument,
            versioned=True,
        ),
        "PATCH": Operation(
            says="Change a contact's fields",
            body=ContactBody,
            answer=ContactDocument,
            examples={"Another city, no birthday": {"fields": {"city": "大阪", "birthday": None}}},
            refusals={"unknown_field": 422, "bad_number": 422, "bad_date": 422, "bad_boolean": 422},
            versioned=True,
        ),
        "DELETE": Operation(
            says="Delete a contact",
            more="Who had left a list stays opted out: the address is suppressed for marketing.",
            status=204,
            versioned=True,
        ),
    }

    def get(self, request: Request, contact: str) -> Response:
        """By id or address."""
        return single(request, _document(self.tenant_id, _find(self, contact)))

    def patch(self, request: Request, contact: str) -> Response:
        """The fields that are named."""
        given = self.body(ContactBody, partial=True)
        found = _find(self, contact, lock=True)
        check_match(request, _document(self.tenant_id, found))
        found = change_contact(
            tenant_id=self.tenant_id, contact_id=found.pk, values=given.get("fields", {}), actor=self.actor
        )
        return single(request, _document(self.tenant_id, found))

    def delete(self, request: Request, contact: str) -> Response:
        """For good."""
        found = _find(self, contact, lock=True)
        check_match(request, _document(self.tenant_id, found))
        delete_contact(tenant_id=self.tenant_id, contact_id=found.pk, actor=self.actor)
        return Response(status=204)


class ContactsBatchView(JsonApiView):
    """Up to a thousand at once."""

    tag = "Contacts"
    parser_classes = [BulkJsonParser]
    required_scope = scopes(write="contacts.write")
    operations = {
        "POST": Operation(
            says="Add or change up to 1,000 contacts",
            more="Each is taken or refused on its own. With a list, everybody who was taken joins it; who has"
            " left it stays away.",
            body=ContactsBody,
            answer=SavedContactsDocument,
            examples={"Two": {"contacts": [_FIRST, {"email": "b@example.jp"}]}},
        )
    }

    def post(self, request: Request) -> Response:  # noqa: ARG002
        """What became of each."""
        given = self.body(ContactsBody)
        outcomes = save_many(
            tenant_id=self.tenant_id,
            given=[Given(email=one["email"], values=one.get("fields", {})) for one in given["contacts"]],
            mailing_list_id=given.get("list"),
            source=f"api:{self.key.name}",
            actor=self.actor,
        )
        return Response({"results": [_outcome(one) for one in outcomes]})


class ContactSubscriptionsView(JsonApiView):
    """Where a contact is and was."""

    tag = "Subscriptions"
    required_scope = scopes("contacts.read")
    path_ids = {"contact": "con"}
    operations = {"GET": Operation(says="List a contact's places on lists", answer=PlacesDocument)}

    def get(self, request: Request, contact: str) -> Response:  # noqa: ARG002
        """By the names of the lists."""
        listed = beside(self.tenant_id, [_find(self, contact)])[0]
        return Response({"data": PlaceDocument(listed.subscriptions, many=True).data})


class ContactSubscriptionView(JsonApiView):
    """One place."""

    tag = "Subscriptions"
    required_scope = scopes(write="contacts.write")
    path_ids = {"contact": "con", "mailing_list": "lst"}
    operations = {
        "PUT": Operation(
            says="Put a contact on a list, or take them off it",
            more="With a reason, because it is somebody's consent. Suppressions stay: who complained gets no"
            " mail, whatever list they are on.",
            body=PlaceBody,
            answer=PlacesDocument,
            examples={"Off": {"state": "unsubscribed", "reason": "asked on the phone"}},
            refusals={"reason_missing": 422, "list_not_found": 404},
        )
    }

    def put(self, request: Request, contact: str, mailing_list: str) -> Response:  # noqa: ARG002
        """All places afterwards."""
        given = self.body(PlaceBody)
        found = _find(self, contact)
        set_subscription(
            tenant_id=self.tenant_id,
            contact_id=found.pk,
            mailing_list_id=number_or_zero("lst", mailing_list),
            state=Subscription.State(given["state"]),
            reason=given["reason"],
            actor=self.actor,
        )
        listed = beside(self.tenant_id, [found])[0]
        return Response({"data": PlaceDocument(listed.subscriptions, many=True).data})


def _find(view: JsonApiView, text: str, *, lock: bool = False) -> Contact:
    """By id, or by address; raises NotFound. A locked one is another's to change only afterwards."""
    if "@" in text:
        key = _key_of(text)
        found = Contact.objects.filter(tenant_id=view.tenant_id, email_key=key).first() if key else None
        if found is None:
            raise NotFound
    else:
        found = find_contact(tenant_id=view.tenant_id, contact_id=number_of("con", text))
    if lock:
        return Contact.objects.select_for_update().get(pk=found.pk)
    return found


def _key_of(text: str) -> str | None:
    try:
        return parse_address(text).key
    except BadAddress:
        return None


def _document(tenant_id: Any, contact: Contact) -> dict[str, Any]:
    return dict(ContactDocument(beside(tenant_id, [contact])[0]).data)


def _outcome(saved: Saved) -> dict[str, Any]:
    problem = saved.problem
    return {
        "status": "refused" if problem else saved.status,
        "id": public_id("con", saved.contact_id) if saved.contact_id else None,
        "code": problem.code if problem else None,
        "detail": str(problem) if problem else None,
    }
