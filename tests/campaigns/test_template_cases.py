"""The template cases at this app's surfaces: saving, checking, previewing."""

import time
from pathlib import Path

import pytest

from accounts.audit import SYSTEM
from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.exceptions import PreviewProblem
from campaigns.models import Campaign, Contact
from campaigns.selectors.merge_names import known_names
from campaigns.services.checks import check_campaign
from campaigns.services.content_build import Outcome, Sources, build
from campaigns.services.findings import Level
from campaigns.services.launch import request_launch
from campaigns.services.preview import render_preview
from relay_saas.console import demo
from tests.campaigns.conftest import HTML
from tests.campaigns.kinds import Load, Write
from tests.cases.loader import Case, to_bytes
from tests.cases.loader import load as cases

#: The code that the launch names first, or "" where the text may be sent (an unsubscribe link is added).
DECISIONS = {
    "tpl-001": "unknown_field",
    "tpl-002": "",
    "tpl-003": "template_problem",
    "tpl-004": "template_problem",
    "tpl-007": "template_problem",
    "tpl-009": "template_problem",
    "tpl-010": "unknown_field",
    "tpl-011": "template_problem",
    "tpl-013": "template_problem",
    "tpl-014": "template_problem",
    "tpl-015": "",
    "tpl-016": "template_problem",
    "tpl-017": "unknown_field",
    "tpl-018": "unknown_field",
    "tpl-019": "template_problem",
    "tpl-020": "unknown_field",
    "tpl-021": "template_problem",
    "tpl-023": "template_problem",
    "tpl-025": "template_problem",
    "tpl-026": "template_problem",
    "tpl-027": "template_problem",
    "tpl-033": "",
    "tpl-034": "",
    "tpl-035": "",
    "tpl-036": "",
    "tpl-038": "",
    "tpl-039": "bad_link",
    "tpl-040": "",
    "tpl-042": "",
    "tpl-047": "",
    "tpl-049": "unsubscribe_link_missing",
}
CASES = [case for _, case in cases("templates") if case["id"] in DECISIONS]
KNOWN = known_names(["first_name"])
#: The cases speak of fields without their owner; ours belong to the contact.
OURS = {"{{first_name|": "{{contact.first_name|"}
NEVER = ("SECRET_KEY", "javascript:", "onerror", "<iframe", "<object", "http-equiv=refresh", "<base")


def source_of(case: Case) -> str:
    text = (to_bytes(case["input"]) or b"").decode()
    for theirs, ours in OURS.items():
        text = text.replace(theirs, ours)
    return text if case["id"] == "tpl-049" else text + '<a href="{{ unsubscribe_url }}">x</a>'


def built(html: str, **parts: str) -> Outcome:
    values = {"subject": "s", "preheader": "p", "text": ""} | parts
    return build(Sources(html=html, markup="html", **values), KNOWN)


def stops(outcome: Outcome) -> list[str]:
    return [finding.code for finding in outcome.findings if finding.level is Level.MUST]


def test_every_case_with_a_given_text_is_decided() -> None:
    given = {case["id"] for _, case in cases("templates") if to_bytes(case["input"]) is not None}
    assert given == set(DECISIONS)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_template_of_the_cases_ends_as_decided(case: Case) -> None:
    start = time.process_time()
    outcome = built(source_of(case))
    assert time.process_time() - start < 2
    assert next(iter(stops(outcome)), "") == DECISIONS[case["id"]]
    if case["id"] in ("tpl-033", "tpl-034", "tpl-038", "tpl-040"):
        assert outcome.built is not None
        assert not [word for word in NEVER if word in outcome.built.html.replace(" ", "")]


def test_a_problem_is_placed_in_the_source_that_the_person_wrote() -> None:
    outcome = built("<p>\n  {{ contact.first_name | nonsense }}</p>")
    (finding,) = [finding for finding in outcome.findings if finding.level is Level.MUST]
    assert (finding.part, finding.line, finding.column) == ("html_source", 2, 27)


def test_problems_of_all_parts_are_named_together() -> None:
    outcome = built(HTML, subject="{{", preheader="{{ contact.fist_name }}", text="{{ oops }}")
    found = {(finding.part.value, finding.code) for finding in outcome.findings}
    assert {
        ("subject", "template_problem"),
        ("preheader", "unknown_field"),
        ("text_source", "unknown_field"),
    } <= found


def test_a_field_that_only_a_link_uses_is_a_field_of_the_content() -> None:
    outcome = built(
        '<a href="https://a.test/?f={{ contact.first_name }}">a</a><a href="{{ unsubscribe_url }}">u</a>'
    )
    assert outcome.built is not None
    assert "contact.first_name" in outcome.built.fields
    assert not [name for name in outcome.built.fields if name.startswith("relay_")]


def test_links_of_a_written_text_part_are_counted_too() -> None:
    outcome = built(HTML, text="https://shop.acme.test/text\n{{ unsubscribe_url }}")
    assert outcome.built is not None
    assert outcome.built.text == "{{ relay_link[1] }}\n{{ unsubscribe_url }}"


def test_a_preview_that_fails_for_one_person_says_so(tenant: Tenant, draft: Campaign, write: Write) -> None:
    faulty = write(subject="{{ contact.first_name | divided_by: 0 }}")
    with tenant_scope(tenant.id):
        contact = Contact.objects.first()
    assert contact is not None
    with pytest.raises(PreviewProblem):
        render_preview(tenant_id=tenant.id, campaign_id=faulty.pk, contact_id=contact.pk)


def test_the_demos_newsletter_may_be_launched_and_speaks_both_languages(
    tenant: Tenant, domain: SendingDomain, load: Load, write: Write
) -> None:
    load(
        "email,first_name,last_name,city,locale,plan,company,points\n"
        "taro@gmail.test,太郎,山田,大阪府,ja,free,,12345\nann@gmail.test,Ann,Lee,Oslo,en,business,Lee Ltd,5\n"
    )
    source = (Path(demo.__file__).parent / "newsletter.mjml").read_text(encoding="utf-8")
    campaign = write(
        markup="mjml", html_source=source, subject="{{ contact.last_name }} {{ contact.first_name }}様"
    )
    assert check_campaign(tenant_id=tenant.id, campaign=campaign).findings == ()
    with tenant_scope(tenant.id):
        taro, ann = Contact.objects.order_by("-email_key")
    shown = render_preview(tenant_id=tenant.id, campaign_id=campaign.pk, contact_id=taro.pk)
    assert shown.subject == "山田 太郎様"
    assert "12,345" in shown.text
    assert "配信を停止する" in shown.html
    assert "法人会員" not in shown.html
    shown = render_preview(tenant_id=tenant.id, campaign_id=campaign.pk, contact_id=ann.pk)
    assert "For Lee Ltd: business members" in shown.text
    assert "配信を停止する" not in shown.html
    launched = request_launch(tenant_id=tenant.id, campaign_id=campaign.pk, actor=SYSTEM)
    with tenant_scope(tenant.id):
        assert launched.content is not None
        assert launched.content.links.count() == 7
