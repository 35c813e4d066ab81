"""The tables of campaigns."""

from campaigns.models.campaign import Campaign
from campaigns.models.contact import Contact, ContactField
from campaigns.models.content import Content, Link
from campaigns.models.imports import ContactImport, ImportProblem
from campaigns.models.lists import ContactList, Headcount, Subscription
from campaigns.models.media import Media
from campaigns.models.suppression import Suppression
from campaigns.models.template import Template

__all__ = [
    "Campaign",
    "Contact",
    "ContactField",
    "ContactImport",
    "ContactList",
    "Content",
    "Headcount",
    "ImportProblem",
    "Link",
    "Media",
    "Subscription",
    "Suppression",
    "Template",
]
