"""What is worth a look in the texts of a campaign; nothing of it stops a launch and nothing leaves this
machine."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.services.content_build import Built
from campaigns.services.findings import Finding, Level, Part
from relay_saas.mail.html_scan import start_tags, without_liquid
from relay_saas.mail.text_part import text_from_html

#: Receivers distrust them, since they hide where a link leads.
SHORTENERS: Final = frozenset(
    (
        "bit.ly", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "j.mp", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly",
        "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "ur0.jp", "v.gd", "x.gd",
    )
)  # fmt: skip
_NO_REPLY: Final = re.compile(r"(?:no|do[-_.]?not|non?)[-_.]?reply", re.IGNORECASE)
_BRACKETS: Final = re.compile(r"(?:\s*【[^】]*】\s*)+")
#: Letters below which a word in capitals is a name.
_SHOUT: Final = 8
#: A text part this much shorter than the HTML's own text says something else.
_FAR: Final = 0.25
_OUTPUT: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_FIELD: Final = re.compile(r"\bcontact\.([A-Za-z_]\w*)")
_TAG: Final = re.compile(r"\{%(.*?)%\}", re.DOTALL)


def warning(code: str, part: Part, message: str) -> Finding:
    """A finding that stops nothing."""
    return Finding(code=code, part=part, message=message, level=Level.WARNING)


def subject_advice(campaign: Campaign) -> Iterator[Finding]:
    """A subject that shouts or says nothing outside its brackets."""
    letters = [one for one in without_liquid(campaign.subject) if one.upper() != one.lower()]
    if len(letters) >= _SHOUT and all(one.isupper() for one in letters):
        yield warning(
            "subject_capitals", Part.SUBJECT, _("The subject is all in capitals, as spam often is.")
        )
    if _BRACKETS.fullmatch(campaign.subject):
        yield warning("subject_brackets", Part.SUBJECT, _("The subject holds nothing but 【】 brackets."))


def reply_advice(campaign: Campaign) -> Iterator[Finding]:
    """An answer to a person is better than a closed door."""
    address = campaign.reply_to or campaign.from_address
    if _NO_REPLY.fullmatch(address.partition("@")[0]):
        message = _("Answers go to %(address)s: people expect that somebody reads them.") % {
            "address": address
        }
        yield warning("no_reply", Part.SENDER, message)


def picture_advice(built: Built) -> Iterator[Finding]:
    """Pictures without words, and those that come unencrypted."""
    pictures = [tag for tag in start_tags(built.shown.html) if tag.name == "img"]
    silent = sum(tag.attribute("alt") is None for tag in pictures)
    if silent:
        message = _("%(n)s pictures have no alternative text (alt).") % {"n": silent}
        yield warning("picture_without_alt", Part.HTML, message)
    sources = [tag.attribute("src") for tag in pictures]
    if any(source and source.value.strip().lower().startswith("http:") for source in sources):
        message = _("A picture comes by http://; many mail programs show only https:// ones.")
        yield warning("picture_by_http", Part.HTML, message)


def link_advice(built: Built) -> Iterator[Finding]:
    """Links through a shortener."""
    hosts = {(urlsplit(link.target.partition("{")[0]).hostname or "").lower() for link in built.links}
    short = sorted(hosts & SHORTENERS)
    if short:
        message = _("A link goes through %(host)s: receivers distrust short links.") % {"host": short[0]}
        yield warning("short_link", Part.HTML, message)


def text_advice(campaign: Campaign, built: Built) -> Iterator[Finding]:
    """A text part of one's own that is much shorter than the HTML."""
    own = len("".join(campaign.text_source.split()))
    if own and own < _FAR * len("".join(text_from_html(built.shown.html).split())):
        message = _("The text part says much less than the HTML; spam filters compare them.")
        yield warning("text_far_from_html", Part.TEXT, message)


def bare_fields(campaign: Campaign) -> dict[str, Part]:
    """Keys of the contact's fields that are shown without a default and asked about by no condition."""
    found: dict[str, Part] = {}
    for part in (Part.SUBJECT, Part.PREHEADER, Part.HTML, Part.TEXT):
        source = campaign.subject if part is Part.SUBJECT else getattr(campaign, part)
        asked = {key for tag in _TAG.findall(source) for key in _FIELD.findall(tag)}
        for output in _OUTPUT.findall(source):
            if "default" not in output:
                for key in _FIELD.findall(output):
                    if key not in asked and key != "email":
                        found.setdefault(key, part)
    return found
