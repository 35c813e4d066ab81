"""The committed world of the browser tests: a busy organization, an empty one, and their people."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, Tenant, User
from accounts.services.tenants import add_member, create_tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactField, ContactList
from campaigns.services.campaigns import CampaignDraft, create_campaign
from campaigns.services.contacts import save_contact
from campaigns.services.lists import create_list, subscribe
from tests.browser import hooks, ledger, long_work, operations, reactions, returned, team
from tests.browser.assets import Assets
from tests.browser.assets import fill as fill_assets
from tests.browser.story import LEGAL, LIST, NAME, NEWSLETTER, PEOPLE, PLOTS, Plot
from tests.browser.ways import Ways
from tests.browser.ways import fill as fill_ways
from tests.integration.organizations import Organization, make_organization

FIELDS = ("last_name", "first_name", "city", "plan", "points", "locale", "company")
PASSWORD = "correct horse battery staple"


@dataclass(slots=True, kw_only=True)
class World:
    """What the tests look at."""

    tenant: Tenant
    empty: Tenant
    mailing_list: ContactList
    owner: User
    analyst: User
    newcomer: User
    #: Of the staff, in no organization.
    operator: User
    #: Somebody's unsubscribe link: the organization behind it.
    recipient: Organization
    campaigns: dict[str, int] = field(default_factory=dict)
    #: One that was deferred twice and waits.
    message: UUID = field(default_factory=uuid4)
    #: One for each state.
    jobs: dict[str, int] = field(default_factory=dict)
    #: One to abuse@ that waits to be read.
    mail: int = 0
    assets: Assets | None = None
    ways: Ways | None = None

    def draft(self, **changes: str) -> int:
        """Another draft that may be launched; returns its id."""
        return write(self.tenant.pk, self.mailing_list.pk, **changes).pk


def build() -> World:
    """Makes everything, through the product's services where they exist."""
    slug = f"hinode-{uuid4().hex[:6]}"
    tenant = create_tenant(slug=slug, name=NAME, actor=SYSTEM, locale="ja", time_zone="Asia/Tokyo", **LEGAL)
    empty = create_tenant(slug=f"new-{slug}", name="Kitanohate", actor=SYSTEM, time_zone="Asia/Tokyo")
    people = {
        name: User.objects.create_user(f"{name}@{slug}.test", PASSWORD)
        for name in ("owner", "analyst", "newcomer")
    }
    for user, organization, role in (
        (people["owner"], tenant, Role.OWNER),
        (people["owner"], empty, Role.OWNER),
        (people["analyst"], tenant, Role.ANALYST),
    ):
        add_member(tenant_id=organization.pk, user=user, role=role, actor=SYSTEM)
    mailing_list = create_list(tenant_id=tenant.pk, name=LIST, actor=SYSTEM)
    with tenant_scope(tenant.pk):
        _domain(tenant)
        for key in FIELDS:
            ContactField.objects.create(tenant_id=tenant.pk, key=key, label=key)
    for email, last, first, city in PEOPLE:
        values = {
            "last_name": last,
            "first_name": first,
            "city": city,
            "locale": "en" if last == "Martin" else "ja",
        }
        contact = save_contact(tenant_id=tenant.pk, email=email, values=values, actor=SYSTEM)
        subscribe(
            tenant_id=tenant.pk, mailing_list_id=mailing_list.pk, contact_id=contact.pk, source="import:1"
        )
    world = World(
        tenant=tenant,
        empty=empty,
        mailing_list=mailing_list,
        recipient=_bookshop(),
        operator=operations.operator(slug),
        **people,
    )
    for plot in PLOTS:
        world.campaigns[plot.key] = _play(world, plot)
    world.jobs = long_work.fill(tenant, world.owner)
    world.message = operations.fill(tenant)
    world.assets = fill_assets(tenant)
    world.ways = fill_ways(tenant, world.message)
    team.fill(tenant, world.owner)
    hooks.fill(tenant, world.owner)
    world.mail = returned.fill(tenant, ledger.providers()[0], empty=empty)
    return world


def write(tenant_id: UUID, mailing_list_id: int, **changes: str) -> Campaign:
    """A draft of the newsletter."""
    values = {
        "name": "新年のごあいさつ",
        "from_name": "日の出ストア",
        "from_address": f"news@{domain_name(tenant_id)}",
        "subject": "新年のごあいさつ",
        "preheader": "本年もよろしくお願いいたします",
        "html_source": NEWSLETTER,
    }
    draft = CampaignDraft(mailing_list_id=mailing_list_id, **(values | changes))
    return create_campaign(tenant_id=tenant_id, draft=draft, actor=SYSTEM)


def domain_name(tenant_id: UUID) -> str:
    """The one verified sending domain of a tenant."""
    with tenant_scope(tenant_id):
        return SendingDomain.objects.get(state=SendingDomain.State.VERIFIED).name


def sign_in(user: User) -> dict[str, str]:
    """The cookie of a session of `user`, as if they had signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    assert session.session_key is not None
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key}


def _bookshop() -> Organization:
    made = make_organization()
    with tenant_scope(made.tenant.pk):
        Tenant.objects.filter(pk=made.tenant.pk).update(name="ひだまり書店 / Hidamari Books")
        ContactList.objects.filter(pk=made.mailing_list.pk).update(name="新刊のお知らせ(毎週金曜日)")
    return made


def _domain(tenant: Tenant) -> None:
    SendingDomain.objects.create(
        tenant_id=tenant.pk,
        name=f"news.{tenant.slug}.test",
        label=tenant.slug,
        state=SendingDomain.State.VERIFIED,
        verified_at=timezone.now(),
    )


def _play(world: World, plot: Plot) -> int:
    campaign = write(
        world.tenant.pk, world.mailing_list.pk, name=plot.name, subject=plot.subject, preheader=plot.preheader
    )
    told = plot.sending
    if plot.state is Campaign.State.SCHEDULED:
        with tenant_scope(world.tenant.pk):
            campaign.state, campaign.scheduled_at = plot.state, timezone.now() + timedelta(days=2)
            campaign.save()
    if told is None:
        return campaign.pk
    launched_at = timezone.now() - told.ago
    over = plot.state in {Campaign.State.SENT, Campaign.State.CANCELLED}
    with tenant_scope(world.tenant.pk):
        campaign.state = plot.state
        campaign.launched_at = launched_at.replace(microsecond=launched_at.microsecond // 1000 * 1000)
        campaign.audience = told.audience or None
        campaign.left_out = told.left_out
        campaign.finished_at = launched_at + timedelta(minutes=told.minutes) if over else None
        campaign.save()
        ledger.fill(campaign, told)
        reactions.fill(campaign, told)
    return campaign.pk
