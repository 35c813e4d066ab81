"""The order of the reference: its nouns in groups, each with a sentence."""

from collections.abc import Mapping
from typing import Any, Final

GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "Sending": {
        "Emails": "Send mail, one by one or up to 500 at once; put it off, cancel it, see what became of it.",
        "Messages": "Every recipient's copy: searched, and explained step by step.",
        "Events": "All that happens, in an order that a cursor can follow.",
        "Webhooks": "The same, brought to your server as it happens.",
        "Suppressions": "Addresses that are not mailed, and why.",
    },
    "People": {
        "Contacts": "Recipients that the organization knows, and what it knows of them.",
        "Fields": "What a contact may have beside the address.",
        "Lists": "What people join and leave.",
        "Subscriptions": "Who is on which list.",
        "Imports": "Files of contacts: uploaded, checked, started, taken back.",
    },
    "Campaigns": {
        "Templates": "Mails to begin campaigns with, and to fill in by `POST /emails`.",
        "Campaigns": "Written, checked, launched, paused, cancelled.",
        "Statistics": "Figures of campaigns and of the organization.",
        "Exports": "Files of contacts, suppressions, recipients, or everything.",
        "Jobs": "Long work: how far it is, and its file.",
    },
    "Setting up": {
        "Domains": "Where mail may be sent from: records, checks, DMARC reports.",
        "Senders": "From lines for campaigns.",
        "Keys": "API keys: made, shown once, replaced, revoked.",
        "Credentials": "User names and passwords for SMTP.",
        "Members": "People of the organization, and invitations.",
        "Organization": "What it says of itself, and what was done by whom.",
    },
}
#: What a reader looks for first of a noun.
_METHODS: Final = ("post", "get", "put", "patch", "delete")


def put_in_order(document: dict[str, Any]) -> None:
    """Tags with their sentences and groups, paths by tag. Raises KeyError for a tag without a group."""
    about = {tag: says for group in GROUPS.values() for tag, says in group.items()}
    place = {tag: number for number, tag in enumerate(about)}
    document["tags"] = [{"name": tag, "description": says} for tag, says in about.items()]
    document["x-tagGroups"] = [{"name": name, "tags": list(group)} for name, group in GROUPS.items()]
    paths = {
        path: {method: operations[method] for method in _METHODS if method in operations}
        for path, operations in document["paths"].items()
    }
    document["paths"] = dict(sorted(paths.items(), key=lambda item: place[_tag(item[1])]))


def _tag(operations: Mapping[str, Any]) -> str:
    return str(next(iter(operations.values()))["tags"][0])
