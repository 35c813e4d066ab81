"""What the live page says of the limits that pause a campaign by themselves."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from tracking.models import Engagement
from tracking.selectors.totals import Totals
from tracking.services.campaign_guard import MOST_BOUNCED, MOST_COMPLAINED, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Rates beside their limits; `stopped` says why the system paused the campaign, or nothing."""

    complained: int
    bounces: str
    complaints: str
    bounces_kind: str
    complaints_kind: str
    stopped: str
    line: str


def guard_of(campaign: Campaign, totals: Totals) -> Guard:
    """The guard's view of a campaign."""
    complained = totals.people(Engagement.Kind.COMPLAINED)
    standing = Standing(delivered=totals.delivered, bounced=totals.bounced, complained=complained)
    beyond = standing.beyond()
    return Guard(
        complained=complained,
        bounces=_("%(rate)s%%, limit %(limit)s%%")
        % {"rate": number_format(standing.bounce_rate, 1), "limit": number_format(MOST_BOUNCED, 0)},
        complaints=_("%(rate)s%%, limit %(limit)s%%")
        % {"rate": number_format(standing.complaint_rate, 2), "limit": number_format(MOST_COMPLAINED, 1)},
        bounces_kind="danger" if "bounced" in beyond else "warning" if totals.bounced else "",
        complaints_kind="danger" if "complained" in beyond else "warning" if complained else "",
        stopped=_stopped(campaign),
        line=_line(campaign),
    )


def _stopped(campaign: Campaign) -> str:
    if campaign.state != Campaign.State.PAUSED:
        return ""
    return {
        "bounced": _("Too many addresses bounced. Look at the replies below, and where the list comes from."),
        "complained": _("Too many people reported it as spam. Make sure that they had agreed to get it."),
    }.get(campaign.stopped_for, "")


def _line(campaign: Campaign) -> str:
    if campaign.state != Campaign.State.SENDING or not settings.RELAY_CAMPAIGN_GUARD:
        return ""
    limits = {
        "bounced": _("bounces of %(limit)s%%") % {"limit": number_format(MOST_BOUNCED, 0)},
        "complained": _("complaints of %(limit)s%%") % {"limit": number_format(MOST_COMPLAINED, 1)},
    }
    left = [words for name, words in limits.items() if name not in campaign.guards]
    return _("It pauses by itself at %(limits)s.") % {"limits": _(" or ").join(left)} if left else ""
