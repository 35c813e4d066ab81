"""Ids in a body: one that is nobody's or another organization's is refused first, with its place.

An unknown id in the path is 404, because the address leads nowhere; with one in the body the address is right
and the value is wrong.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.exceptions import UnknownId
from relay_saas.web.body_ids import Named, named_ids
from relay_saas.web.problems import FieldProblem

#: The table behind each kind of id that a body may name.
TABLES: dict[str, type[Model]] = {}
_DETAIL = _("There is nothing with this id, or you may not see it.")


def know(kind: str, table: type[Model]) -> None:
    """Makes the table of a kind known; apps do so when they are loaded."""
    TABLES[kind] = table


def check_ids(tenant_id: UUID, shape: serializers.Serializer[Any], values: Mapping[str, Any]) -> None:
    """One query for each kind that the body names, in the tenant's scope; raises UnknownId."""
    named = list(named_ids(shape, values))
    problems = [
        FieldProblem(pointer=one.pointer, code=UnknownId.code, detail=_DETAIL)
        for kind in dict.fromkeys(one.kind for one in named)
        for one in _unknown(tenant_id, kind, [one for one in named if one.kind == kind])
    ]
    if problems:
        raise UnknownId(errors=problems)


def _unknown(tenant_id: UUID, kind: str, named: list[Named]) -> list[Named]:
    rows = TABLES[kind]._default_manager.filter(tenant_id=tenant_id, pk__in={one.number for one in named})
    there = set(rows.values_list("pk", flat=True))
    return [one for one in named if one.number not in there]
