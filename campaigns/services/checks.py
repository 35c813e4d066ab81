"""The check list before a launch, as data: each check looks at one thing and yields what it found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.exceptions import AccountsError, DomainNotVerified, DomainOfAnotherStream
from accounts.models import SendingDomain, Tenant
from accounts.models.stream import Stream
from accounts.selectors.readiness import Requirement, unmet
from accounts.services.domains import verified_domain_for
from accounts.tenancy import reading_scope
from campaigns.exceptions import LaunchRefused
from campaigns.models import Campaign
from campaigns.selectors.audience import NOBODY, Audience, campaign_audience
from campaigns.selectors.merge_names import known_names, merge_fields
from campaigns.services.content_build import Outcome, Sources, build
from campaigns.services.findings import Finding, Level, Part
from relay_saas.mail.addresses import BadAddress
from relay_saas.mail.exceptions import MailError
from relay_saas.mail.message import Draft
from relay_saas.mail.message import build as compose
from relay_saas.web.problems import FieldProblem, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A campaign, everything that the checks look at, and what they found."""

    campaign: Campaign
    tenant: Tenant
    #: Set where there is no domain: why.
    no_domain: AccountsError | None
    domain: SendingDomain | None
    audience: Audience
    #: Of the tenant's own fields; what mail says where a person has no value, by key.
    keys: tuple[str, ...]
    defaults: Mapping[str, object]
    outcome: Outcome
    #: What large providers ask of bulk senders, and what is not met.
    unmet: tuple[Requirement, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, what stops the launch first."""
        return ordered(finding for check in CHECKS for finding in check.look(self))

    @property
    def passed(self) -> tuple[Finding, ...]:
        """One line for each check that found nothing."""
        built = self.outcome.built is not None
        return tuple(
            Finding(code=check.code, part=check.part, message=check.fine, level=Level.OK)
            for check in CHECKS
            if check.fine and (built or not check.of_content) and not any(check.look(self))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Looks at one thing; `fine` is said where it finds nothing (empty: then nothing is said)."""

    code: str
    part: Part
    look: Callable[[Checked], Iterator[Finding]]
    fine: Text = ""
    #: Cannot be judged while the templates are faulty.
    of_content: bool = False


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """What stops the launch first."""
    return tuple(sorted(found, key=lambda finding: finding.level is not Level.MUST))


def check_campaign(*, tenant_id: UUID, campaign: Campaign, count_people: bool = True) -> Checked:
    """Collects what the checks need; takes as long as compiling the markup, about 0.1 s.

    Counting a list of a million takes longer; without `count_people` it is taken for empty.
    """
    with reading_scope(tenant_id):
        domain, no_domain = _domain(campaign)
        keys, defaults = merge_fields(tenant_id=tenant_id)
        return Checked(
            campaign=campaign,
            tenant=Tenant.objects.get(pk=tenant_id),
            domain=domain,
            no_domain=no_domain,
            audience=campaign_audience(campaign) if count_people else NOBODY,
            keys=keys,
            defaults=defaults,
            outcome=build(sources_of(campaign), known_names(keys)),
            unmet=tuple(unmet(domain)) if domain is not None else (),
        )


def sources_of(campaign: Campaign) -> Sources:
    """What the campaign's draft says."""
    markup: Literal["mjml", "html"] = "mjml" if campaign.markup == Campaign.Markup.MJML else "html"
    return Sources(
        subject=campaign.subject,
        preheader=campaign.preheader,
        markup=markup,
        html=campaign.html_source,
        text=campaign.text_source,
    )


def refuse(findings: tuple[Finding, ...]) -> None:
    """Raises LaunchRefused if a finding stops the launch; its code is the first one's, its errors are all."""
    stops = [finding for finding in findings if finding.level is Level.MUST]
    if stops:
        errors = [
            FieldProblem(pointer=f"/{finding.part}", code=finding.code, detail=str(finding))
            for finding in stops
        ]
        raise LaunchRefused(" ".join(map(str, stops)), code=stops[0].code, errors=errors)


def _domain(campaign: Campaign) -> tuple[SendingDomain | None, AccountsError | None]:
    try:
        domain = verified_domain_for(
            tenant_id=campaign.tenant_id, address=campaign.from_address, stream=Stream.MARKETING
        )
    except BadAddress:
        return None, DomainNotVerified()
    except (DomainNotVerified, DomainOfAnotherStream) as error:
        return None, error
    return domain, None


def _sender(checked: Checked) -> Iterator[Finding]:
    if not checked.campaign.from_address:
        message = _("The campaign has no sender’s address.")
        yield Finding(code="sender_empty", part=Part.SENDER, message=message)
    elif checked.no_domain is not None:
        yield Finding(code=checked.no_domain.code, part=Part.SENDER, message=checked.no_domain.message)


def _bulk_rules(checked: Checked) -> Iterator[Finding]:
    for requirement in checked.unmet:
        message = _("Gmail, Yahoo and Microsoft ask for this, and it is not met: %(what)s.")
        yield Finding(
            code=f"bulk_{requirement.code}",
            part=Part.SENDER,
            message=message % {"what": requirement.label},
            level=Level.MUST if requirement.code in _REFUSED_WITHOUT else Level.WARNING,
        )


def _headers(checked: Checked) -> Iterator[Finding]:
    campaign = checked.campaign
    if not campaign.from_address:
        return
    trial = Draft(
        from_address=campaign.from_address,
        from_name=campaign.from_name,
        to_address=campaign.from_address,
        reply_to=campaign.reply_to or None,
        subject=campaign.subject,
        message_id="trial@relay.invalid",
        date=campaign.created_at,
        text="trial",
    )
    try:
        compose(trial)
    except MailError as error:
        message = _("Sender or subject cannot stand in a mail: %(problem)s") % {"problem": str(error)}
        yield Finding(code=f"header_{error.code}", part=Part.SENDER, message=message)


def _subject(checked: Checked) -> Iterator[Finding]:
    if not checked.campaign.subject.strip():
        yield Finding(code="subject_empty", part=Part.SUBJECT, message=_("The subject is empty."))


def _preheader(checked: Checked) -> Iterator[Finding]:
    if not checked.campaign.preheader.strip():
        message = _("There is no preheader: mailboxes show the first words of the mail instead.")
        yield Finding(code="preheader_empty", part=Part.PREHEADER, message=message, level=Level.WARNING)


def _of_content(*codes: str) -> Callable[[Checked], Iterator[Finding]]:
    def look(checked: Checked) -> Iterator[Finding]:
        return (finding for finding in checked.outcome.findings if finding.code in codes)

    return look


def _sender_block(checked: Checked) -> Iterator[Finding]:
    tenant = checked.tenant
    if not (tenant.legal_name.strip() and tenant.postal_address.strip() and tenant.contact_address.strip()):
        message = _("The organization's legal name, postal address or contact address is missing.")
        yield Finding(code="sender_block_missing", part=Part.TENANT, message=message)


def _people(checked: Checked) -> Iterator[Finding]:
    if checked.campaign.mailing_list_id is None:
        yield Finding(code="list_missing", part=Part.LIST, message=_("No list is chosen."))
    elif checked.audience.reachable == 0:
        yield Finding(code="empty_audience", part=Part.LIST, message=_("Nobody on this list may get it."))


#: Without these, mail to many recipients is refused; the others cost reputation.
_REFUSED_WITHOUT: Final = frozenset({"dkim", "spf", "dmarc"})

CHECKS: Final[tuple[Check, ...]] = (
    Check(
        code="sender",
        part=Part.SENDER,
        look=_sender,
        fine=_("The sender’s domain is verified: SPF and DKIM stand for it, and it has a DMARC policy."),
    ),
    Check(
        code="bulk_rules",
        part=Part.SENDER,
        look=_bulk_rules,
        fine=_("Nothing is known against it in the rules of Gmail, Yahoo and Microsoft for bulk mail."),
    ),
    Check(code="headers", part=Part.SENDER, look=_headers),
    Check(code="subject", part=Part.SUBJECT, look=_subject, fine=_("There is a subject.")),
    Check(
        code="templates",
        part=Part.HTML,
        look=_of_content("html_empty", "template_problem", "unknown_field", "bad_link"),
        fine=_("Every merge field exists, and every link can be sent."),
        of_content=True,
    ),
    Check(
        code="unsubscribe",
        part=Part.HTML,
        look=_of_content("unsubscribe_link_missing"),
        fine=_("The unsubscribe link is there; mail programs get their own button (List-Unsubscribe)."),
        of_content=True,
    ),
    Check(
        code="size",
        part=Part.HTML,
        look=_of_content("too_large", "clipped"),
        fine=_("The mail is small enough to be shown whole."),
        of_content=True,
    ),
    Check(
        code="sender_shown",
        part=Part.HTML,
        look=_of_content("sender_not_shown"),
        fine=_("The mail shows who sends it."),
        of_content=True,
    ),
    Check(code="preheader", part=Part.PREHEADER, look=_preheader, fine=_("There is a preheader.")),
    Check(
        code="sender_block",
        part=Part.TENANT,
        look=_sender_block,
        fine=_("Legal name, postal address and contact of the organization are known."),
    ),
    Check(code="people", part=Part.LIST, look=_people, fine=_("Somebody gets it.")),
)
