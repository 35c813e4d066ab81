"""What is wrong with an address, in the person's language: the mail core has codes and English only."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from relay_saas.mail.addresses import BadAddress

_WORDS: Final[dict[str, Promise]] = {
    "empty": _("The address is empty."),
    "too_long": _("The address is longer than 254 octets."),
    "no_at": _("The address has no @."),
    "no_local": _("Nothing stands before the @."),
    "no_domain": _("Nothing stands after the @."),
    "bad_character": _("The address holds a blank, a control character or an invisible character."),
    "bad_local": _("The part before the @ is not valid."),
    "local_too_long": _("The part before the @ is longer than 64 octets."),
    "quoted_local": _("Quotation marks before the @ may hold letters, digits and dots only."),
    "route": _("The address routes through another host."),
    "bad_domain": _("The part after the @ is not a domain name."),
    "single_label": _("The part after the @ has no dot."),
    "ip_address": _("The part after the @ is an IP address."),
}


def words_of(error: BadAddress) -> str:
    """The sentence for the error's code, in the active language."""
    return str(_WORDS[error.code])
