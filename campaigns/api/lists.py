"""`/fields` and `/lists`."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import JsonApiView, created
from campaigns.api.bodies import FieldBody, ListBody, MembersBody, NewFieldBody, NewListBody
from campaigns.api.documents import Document, FieldDocument, ListDocument
from campaigns.models import ContactField, ContactList
from campaigns.selectors.fields import find_field
from campaigns.selectors.headcounts import Heads, headcounts
from campaigns.selectors.lists import ListRow, list_row
from campaigns.services import field_deletion
from campaigns.services.contacts_many import subscribe_many
from campaigns.services.fields import change_field, create_field
from campaigns.services.lists import archive_list, create_list, delete_list, rename_list
from relay_saas.web.api_operation import PAGING, Operation, example_id, flag, page_shape, scopes
from relay_saas.web.api_paging import list_page
from relay_saas.web.api_query import read_flag
from relay_saas.web.api_versions import check_match, single
from relay_saas.web.json_body import BulkJsonParser
from relay_saas.web.prefixed import number_of, number_or_zero, public_id


class JoinedDocument(Document):
    """How many joined, and how many were or had been on the list."""

    added = serializers.IntegerField()
    there = serializers.IntegerField()


class FieldsView(JsonApiView):
    """Fields of contacts, in the order they were made."""

    tag = "Fields"
    required_scope = scopes("contacts.read", "contacts.write")
    parameters = {**PAGING}
    operations = {
        "GET": Operation(says="List fields", answer=page_shape(FieldDocument)),
        "POST": Operation(
            says="Make a field",
            body=NewFieldBody,
            answer=FieldDocument,
            status=201,
            examples={"An anniversary": {"key": "anniversary", "label": "記念日", "kind": "date"}},
            refusals={"bad_name": 422, "bad_number": 422},
            versioned=True,
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        page = list_page(
            ContactField.objects.filter(tenant_id=self.tenant_id),
            name="fields",
            order=("id",),
            query=request.query_params,
            document=lambda row: FieldDocument(row).data,
        )
        return Response(page)

    def post(self, request: Request) -> Response:
        """A new one; its key is its name for ever."""
        given = self.body(NewFieldBody)
        field = create_field(
            tenant_id=self.tenant_id,
            key=given["key"],
            label=given["label"],
            kind=ContactField.Kind(given["kind"]),
            merge_default=given["default"],
            actor=self.actor,
        )
        return created(request, FieldDocument(field).data, f"/api/v1/fields/{public_id('fld', field.pk)}")


class FieldView(JsonApiView):
    """One field."""

    tag = "Fields"
    required_scope = scopes("contacts.read", "contacts.write")
    path_ids = {"field": "fld"}
    operations = {
        "GET": Operation(says="Read a field", answer=FieldDocument, versioned=True),
        "PATCH": Operation(
            says="Change a field's label or default",
            body=FieldBody,
            answer=FieldDocument,
            examples={"Another label": {"label": "誕生日（任意）"}},
            refusals={"bad_name": 422, "bad_number": 422, "bad_date": 422, "bad_boolean": 422},
            versioned=True,
        ),
        "DELETE": Operation(
            says="Delete a field", more="Its values are removed by a job.", status=204, versioned=True
        ),
    }

    def get(self, request: Request, field: str) -> Response:
        """By id."""
        return single(request, FieldDocument(self._find(field)).data)

    def patch(self, request: Request, field: str) -> Response:
        """What is not named stays."""
        given = self.body(FieldBody, partial=True)
        found = self._find(field, lock=True)
        check_match(request, FieldDocument(found).data)
        default = "" if found.merge_default is None else str(found.merge_default)
        changed = change_field(
            tenant_id=self.tenant_id,
            field_id=found.pk,
            label=given.get("label", found.label),
            merge_default=given.get("default", default),
            actor=self.actor,
        )
        return single(request, FieldDocument(changed).data)

    def delete(self, request: Request, field: str) -> Response:
        """At once; the values follow."""
        found = self._find(field, lock=True)
        check_match(request, FieldDocument(found).data)
        field_deletion.start(tenant_id=self.tenant_id, field_id=found.pk, actor=self.actor)
        return Response(status=204)

    def _find(self, text: str, *, lock: bool = False) -> ContactField:
        found = find_field(tenant_id=self.tenant_id, field_id=number_of("fld", text))
        return ContactField.objects.select_for_update().get(pk=found.pk) if lock else found


class ListsView(JsonApiView):
    """Lists, the newest first."""

    tag = "Lists"
    required_scope = scopes("lists.read", "lists.write")
    parameters = {**PAGING, "archived": flag("The archived ones in place of those in use.")}
    operations = {
        "GET": Operation(says="List lists", answer=page_shape(ListDocument)),
        "POST": Operation(
            says="Make a list",
            more="A name that is taken answers with the list of that name.",
            body=NewListBody,
            answer=ListDocument,
            status=201,
            examples={"A newsletter": {"name": "月刊ニュース"}},
            refusals={"bad_name": 422},
            versioned=True,
        ),
    }

    def get(self, request: Request) -> Response:
        """One page."""
        archived = read_flag(request.query_params, "archived") or False
        heads = headcounts(tenant_id=self.tenant_id)
        page = list_page(
            ContactList.objects.filter(tenant_id=self.tenant_id, archived_at__isnull=not archived),
            name="lists",
            order=("-id",),
            query=request.query_params,
            document=lambda row: _document(row, heads.get(row.pk, Heads())),
        )
        return Response(page)

    def post(self, request: Request) -> Response:
        """A new one, or the one of that name."""
        found = create_list(tenant_id=self.tenant_id, name=self.body(NewListBody)["name"], actor=self.actor)
        row = list_row(tenant_id=self.tenant_id, mailing_list_id=found.pk)
        return created(request, ListDocument(row).data, f"/api/v1/lists/{public_id('lst', found.pk)}")


class ListView(JsonApiView):
    """One list."""

    tag = "Lists"
    required_scope = scopes("lists.read", "lists.write")
    path_ids = {"mailing_list": "lst"}
    operations = {
        "GET": Operation(says="Read a list", answer=ListDocument, versioned=True),
        "PATCH": Operation(
            says="Rename a list, archive it, or bring it back",
            body=ListBody,
            answer=ListDocument,
            examples={"Archived": {"archived": True}},
            refusals={"bad_name": 422},
            versioned=True,
        ),
        "DELETE": Operation(
            says="Delete a list that nothing was ever done with",
            status=204,
            refusals={"list_in_use": 409},
            versioned=True,
        ),
    }

    def get(self, request: Request, mailing_list: str) -> Response:
        """By id."""
        return single(request, ListDocument(self._row(mailing_list)).data)

    def patch(self, request: Request, mailing_list: str) -> Response:
        """What is not named stays."""
        given = self.body(ListBody, partial=True)
        found = self._row(mailing_list, lock=True).mailing_list
        check_match(request, ListDocument(self._row(mailing_list)).data)
        if "name" in given:
            rename_list(
                tenant_id=self.tenant_id, mailing_list_id=found.pk, name=given["name"], actor=self.actor
            )
        if "archived" in given:
            archive_list(
                tenant_id=self.tenant_id,
                mailing_list_id=found.pk,
                archived=given["archived"],
                actor=self.actor,
            )
        return single(request, ListDocument(self._row(mailing_list)).data)

    def delete(self, request: Request, mailing_list: str) -> Response:
        """For good."""
        found = self._row(mailing_list, lock=True)
        check_match(request, ListDocument(found).data)
        delete_list(tenant_id=self.tenant_id, mailing_list_id=found.mailing_list.pk, actor=self.actor)
        return Response(status=204)

    def _row(self, text: str, *, lock: bool = False) -> ListRow:
        number = number_of("lst", text)
        if lock:
            ContactList.objects.select_for_update().filter(tenant_id=self.tenant_id, pk=number).first()
        return list_row(tenant_id=self.tenant_id, mailing_list_id=number)


class ListContactsView(JsonApiView):
    """The people of a list; `GET /contacts?list=` lists them."""

    tag = "Subscriptions"
    parser_classes = [BulkJsonParser]
    required_scope = scopes(write="lists.write")
    path_ids = {"mailing_list": "lst"}
    operations = {
        "POST": Operation(
            says="Put up to 1,000 contacts on a list",
            more="All or none: an id that is no contact's is refused. Who has left the list stays away.",
            body=MembersBody,
            answer=JoinedDocument,
            examples={"One": {"contacts": [example_id("con")]}},
            refusals={"list_not_found": 404},
        )
    }

    def post(self, request: Request, mailing_list: str) -> Response:  # noqa: ARG002
        """How many joined."""
        ids: list[int] = self.body(MembersBody)["contacts"]
        added = subscribe_many(
            tenant_id=self.tenant_id,
            mailing_list_id=number_or_zero("lst", mailing_list),
            contact_ids=ids,
            source=f"api:{self.key.name}",
            actor=self.actor,
        )
        return Response({"added": added, "there": len(set(ids)) - added})


def _document(row: ContactList, heads: Heads) -> Any:
    return ListDocument(ListRow(mailing_list=row, heads=heads, used=False)).data
