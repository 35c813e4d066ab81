"""What the reference shows as examples, sent as it stands there: all of it is accepted."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse

from accounts.audit import SYSTEM
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactField
from campaigns.services.fields import create_field
from relay_saas.web.api_operation import Operation, example_id
from tests.api_client import Answer, answer_of
from tests.matrix.api_routes import API, PREFIXES, SCOPES, own
from tests.matrix.test_api_matrix import key
from tests.matrix.world import World, build

#: Fields of contacts that examples name.
FIELDS = {"first_name": "text", "birthday": "date"}
_MOMENT = re.compile(r'"(at|scheduled_at|since|until)": "[^"]*"')


@pytest.fixture
def world(db: None, settings: Any) -> World:
    """Acme has what the examples name."""
    settings.RELAY_ZONE_SERVER = ""
    world = build()
    for name, kind in FIELDS.items():
        create_field(
            tenant_id=world.acme.id, key=name, label=name, kind=ContactField.Kind(kind), actor=SYSTEM
        )
    return world


def examples() -> Iterator[tuple[str, str, Operation, str, Any]]:
    for name, route in API.items():
        view: Any = resolve(reverse(name, args=["x"] * len(route.takes))).func.view_class  # type: ignore[attr-defined]  # a class's
        for method, operation in view.operations.items():
            for title, value in operation.examples.items():
                yield name, method, operation, title, value


def as_theirs(world: World, value: Any) -> Any:
    """The example with the organization's own ids and domain, and moments of these days."""
    domain = f"news.{world.acme.slug}.test"
    if "raw" in value:
        raw = base64.b64decode(value["raw"]).replace(b"news.example.com", domain.encode())
        value = value | {"raw": base64.b64encode(raw).decode()}
    text = json.dumps(value, ensure_ascii=False).replace("news.example.com", domain)
    text = text.replace("people.example.com", f"{world.acme.slug}-people.test")
    for kind, prefix in PREFIXES.items():
        text = text.replace(example_id(prefix), own(kind, world.acme))
    now = datetime.now(UTC)
    moments = {
        "since": now - timedelta(hours=2),
        "until": now - timedelta(hours=1),
        "at": now + timedelta(days=1),
        "scheduled_at": now + timedelta(days=1),
    }
    return json.loads(_MOMENT.sub(lambda found: f'"{found[1]}": "{moments[found[1]].isoformat()}"', text))


def ask(secret: str, method: str, url: str, value: Any) -> Answer:
    headers = {"Authorization": f"Bearer {secret}"}
    if "file" in value:
        file = SimpleUploadedFile("contacts.csv", value["file"].encode())
        return answer_of(Client().post(url, value | {"file": file}, headers=headers))
    body = json.dumps(value)
    return answer_of(Client().generic(method, url, body, content_type="application/json", headers=headers))


def test_every_example_of_the_reference_is_accepted(world: World) -> None:
    secret = key(world.acme, *SCOPES, "exports.write")
    sent, wrong = 0, []
    for name, method, operation, title, value in examples():
        with transaction.atomic():
            if name == "campaigns_api:campaign_repeat":
                with tenant_scope(world.acme.id):
                    now = datetime.now(UTC)
                    Campaign.objects.update(state=Campaign.State.SENT, launched_at=now, finished_at=now)
            url = reverse(name, args=[own(kind, world.acme) for kind in API[name].takes])
            answer = ask(secret, method, url, as_theirs(world, value))
            if answer.status != operation.status:
                wrong.append((name, title, answer.status, answer.body[:500]))
            sent += 1
            transaction.set_rollback(True)
    assert wrong == []
    assert sent > 30


def test_every_operation_with_a_body_has_an_example() -> None:
    shown = {(name, method) for name, method, _operation, _title, _value in examples()}
    for name, route in API.items():
        view: Any = resolve(reverse(name, args=["x"] * len(route.takes))).func.view_class  # type: ignore[attr-defined]  # a class's
        for method, operation in view.operations.items():
            assert operation.body is None or (name, method) in shown, (name, method)
