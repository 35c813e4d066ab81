"""Topics of mail by API: the list whose opt-outs count. Nothing is asked where no mail names one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from campaigns.models import Contact, ContactList, Subscription
from delivery.models.stream import Stream
from delivery.services.submission_spec import SubmissionSpec
from relay_saas.web.problems import FieldProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Which addresses are contacts, and who of them has left the topic."""

    #: By address key.
    contacts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    left: frozenset[str] = frozenset()


NOBODY: Final = People()


def known_topics(tenant_id: UUID, specs: Sequence[SubmissionSpec]) -> frozenset[int]:
    """Those of the named topics that are there; in the tenant's scope."""
    wanted = {spec.topic_id for spec in specs if spec.topic_id is not None}
    if not wanted:
        return frozenset()
    rows = ContactList.objects.filter(tenant_id=tenant_id, pk__in=wanted)
    return frozenset(rows.values_list("pk", flat=True))


def topic_problems(spec: SubmissionSpec, known: Collection[int]) -> list[FieldProblem]:
    """What is wrong with the topic of one mail."""
    if spec.topic_id is None:
        return []
    found = []
    if spec.topic_id not in known:
        detail = _("There is no list of this id.")
        found.append(FieldProblem(pointer="/topic", code="unknown_topic", detail=detail))
    if spec.stream is not Stream.MARKETING:
        detail = _("Mail about a topic is marketing: leave the stream out, or leave the topic out.")
        found.append(FieldProblem(pointer="/stream", code="topic_of_marketing", detail=detail))
    return found


def people_of(tenant_id: UUID, keys: Mapping[int, Collection[str]]) -> Mapping[int, People]:
    """For each topic what is known of the addresses with these keys; two queries in the tenant's scope."""
    if not keys:
        return {}
    every = {key for some in keys.values() for key in some}
    contacts = dict(
        Contact.objects.filter(tenant_id=tenant_id, email_key__in=every).values_list("email_key", "pk")
    )
    left = set(
        Subscription.objects.filter(
            tenant_id=tenant_id,
            mailing_list_id__in=list(keys),
            contact_id__in=list(contacts.values()),
            state=Subscription.State.UNSUBSCRIBED,
        ).values_list("mailing_list_id", "contact_id")
    )
    return {
        topic: People(
            contacts=contacts,
            left=frozenset(key for key in some if (topic, contacts.get(key)) in left),
        )
        for topic, some in keys.items()
    }
