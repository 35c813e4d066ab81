"""Where a message comes from, what it says and who vouches for it, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import SendingDomain
from delivery.selectors.story import Story
from relay_saas.mail.ids import format_id
from tracking.words.step import Step
from tracking.words.waits import clock

_CHANNELS: Final[Mapping[str, str]] = {
    "api": gettext_noop("A program of yours handed it in by the API."),
    "smtp": gettext_noop("A program or a person of yours handed it in by SMTP."),
    "system": gettext_noop("The relay itself wrote it."),
    "test": gettext_noop("Somebody sent it as a test."),
}
_ALGORITHMS: Final[Mapping[str, str]] = {"rsa-sha256": "RSA", "ed25519-sha256": "Ed25519"}


def accepted_step(story: Story, *, private: bool) -> Step:
    """It was taken."""
    message, submission, campaign = story.message, story.submission, story.campaign
    details: dict[str, object] = {"stream": message.get_stream_display() if private else None}
    facts: list[str] = []
    if campaign is not None:
        text = _("The campaign “%(name)s” wrote this copy for one of its recipients.") % {
            "name": campaign.name
        }
        details |= {"campaign": campaign.pk}
    elif submission is not None:
        text = _(_CHANNELS.get(submission.channel, _CHANNELS["api"]))
        details |= {
            "email": format_id("em", submission.pk),
            "channel": submission.channel,
            "request_id": submission.request_id or None,
        }
        facts.append(format_id("em", submission.pk))
        if submission.request_id:
            facts.append(_("request %(id)s") % {"id": submission.request_id})
    else:
        text = _("It was taken.")
    return Step(
        kind="accepted",
        state="ok",
        at=message.created_at,
        title=_("Accepted"),
        text=text if private else _("It was taken and stored. From here on it cannot be lost."),
        facts=tuple(facts) if private else (),
        details=details if private else {},
    )


def rendered_step(story: Story, *, private: bool) -> Step:
    """What it says."""
    content, domain = story.content, story.content.sending_domain.name
    message_id = f"<{story.message.id.hex}@{domain}>"
    dated = next((one.dated_at for one in story.attempts if one.dated_at), None)
    fields = sorted(content.fields)
    text = _("It says who it is from, what it is about, and for each recipient what is theirs alone.")
    if private:
        text = _("Subject “%(subject)s”, from %(from)s.") % {
            "subject": content.subject,
            "from": content.from_address,
        }
        if fields:
            text += " " + _("Personal fields: %(fields)s.") % {"fields": ", ".join(fields)}
    facts = [f"Message-ID {message_id}"]
    if dated:
        facts.append(_("dated %(at)s") % {"at": clock(dated)})
    return Step(
        kind="rendered",
        state="ok",
        title=_("Written"),
        text=text,
        next=_(
            "Look for this Message-ID in the recipient’s mail server’s logs: every attempt carries the same."
        ),
        facts=tuple(facts),
        details={"message_id": message_id, "date": dated}
        | (
            {
                "from": content.from_address,
                "subject": content.subject,
                "fields": fields,
                "content": content.pk,
            }
            if private
            else {}
        ),
    )


def signed_step(story: Story) -> Step:
    """Who vouches for it."""
    domain = story.content.sending_domain
    keys = [key for key in story.keys if domain.signs_ed25519 or not key.algorithm.startswith("ed25519")]
    names = [f"{key.selector} ({_ALGORITHMS.get(key.algorithm, key.algorithm)})" for key in keys]
    details = {
        "domain": domain.name,
        "keys": [{"selector": key.selector, "algorithm": key.algorithm} for key in keys],
    }
    if not keys:
        return Step(
            kind="signed",
            state="danger",
            title=_("Not signed"),
            text=_("%(domain)s has no key that signs.") % {"domain": domain.name},
            next=_("Open the page of the sending domain and have its keys made again."),
            details=details,
        )
    broken = domain.state != SendingDomain.State.VERIFIED
    return Step(
        kind="signed",
        state="warning" if broken else "ok",
        title=_("Signed"),
        text=_("%(domain)s signs it with the keys %(keys)s, so that receivers can prove whose it is.")
        % {"domain": domain.name, "keys": ", ".join(names)},
        next=_("The DNS records of this domain are not right at the moment: look at its page.")
        if broken
        else "",
        facts=(f"d={domain.name}", _("return path %(name)s") % {"name": f"rp.{domain.name}"}),
        details=details,
    )
