"""The words of the home page: its tiles, and the steps to the first campaign."""

from dataclasses import dataclass
from typing import Literal

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from relay_saas.console.home import Setup
from relay_saas.console.period import Period
from tracking.views.report_wording import complaints_kind, complaints_text, figure, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure of the last 30 days."""

    label: str
    value: str
    note: str
    icon: str
    kind: Literal["ok", "warning", "danger", ""] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step to the first campaign, and where it is taken."""

    label: str
    why: str
    done: bool
    url: str


def tiles(period: Period) -> list[Tile]:
    """Sent, delivered, bounced, complaints; the last one says in words where the lines are."""
    complaints = complaints_kind(period.complaint_rate)
    return [
        Tile(label=_("Messages sent"), value=figure(period.sent), note=_("campaigns and API"), icon="send"),
        Tile(
            label=_("Delivered"),
            value=percent(period.share(period.delivered)),
            note=figure(period.delivered),
            icon="check",
        ),
        Tile(
            label=_("Bounced"),
            value=percent(period.share(period.bounced)),
            note=figure(period.bounced),
            icon="mail-off",
        ),
        Tile(
            label=_("Complaints"),
            value=percent(period.complaint_rate, digits=2),
            note=complaints_text(complaints),
            icon={"ok": "circle-check", "": "flask"}.get(complaints, "alert-triangle"),
            kind=complaints,
        ),
    ]


def steps(setup: Setup, slug: str) -> list[Step]:
    """Domain, contacts, a test, the launch."""
    return [
        Step(
            label=_("Verify a sending domain"),
            why=_("So that mail is signed in your name and arrives."),
            done=setup.domain_verified,
            url=reverse("console:sending_domains", args=[slug]),
        ),
        Step(
            label=_("Import your contacts"),
            why=_("A CSV file from Excel or another service will do."),
            done=setup.has_contacts,
            url=_page("campaigns:import_new", slug),
        ),
        Step(
            label=_("Write a campaign and send yourself a test"),
            why=_("See it in your own mailbox before anybody else does."),
            done=setup.has_tested,
            url=_page("campaigns:campaign_new", slug) or reverse("tracking:campaigns", args=[slug]),
        ),
        Step(
            label=_("Launch a campaign"),
            why=_("Then its report stands here."),
            done=setup.has_sent,
            url=reverse("tracking:campaigns", args=[slug]),
        ),
    ]


def _page(name: str, slug: str) -> str:
    try:
        return reverse(name, args=[slug])
    except NoReverseMatch:
        return ""
