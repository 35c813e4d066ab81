"""What is wrong with a template or a link, in words: the mail core has codes and English only."""

import re
from typing import Final

from django.utils.translation import gettext_lazy as _

from relay_saas.mail.source import SourceError
from relay_saas.web.problems import Text

#: `%(what)s` is the element or the name that the core's sentence quotes, `%(detail)s` the whole sentence.
SENTENCES: Final[dict[str, Text]] = {
    "address_too_long": _("its address is too long."),
    "calculation_failed": _("a calculation fails (%(detail)s)."),
    "control_character": _("its address holds a control character."),
    "credentials": _("its address holds a user name or a password."),
    "element_unknown": _("there is no element %(what)s."),
    "field_undefined": _("a name is used that has no value (%(detail)s)."),
    "filter_failed": _("a filter cannot work with what it is given (%(detail)s)."),
    "filter_result_too_large": _("the result of a filter is too large."),
    "filter_unknown": _("there is no filter %(what)s."),
    "host_from_field": _(
        "its host name must be written out, not come from a merge field: that could send people anywhere."
    ),
    "host_invalid": _("its host name is not valid."),
    "host_missing": _("its address has no host name."),
    "include_refused": _("mj-include is not offered."),
    "link_relative": _("its address must be complete and begin with https://."),
    "liquid_in_tag": _("inside a tag, a merge field may only stand in the value of an attribute."),
    "liquid_misplaced": _("a merge field cannot stand here."),
    "mjml_missing": _("MJML has to begin with <mjml>."),
    "name_reserved": _("the name %(what)s is given by the sender and cannot be assigned."),
    "nesting_too_deep": _("it is nested too deeply."),
    "not_unicode": _("it holds half a character."),
    "number_too_large": _("a number is too large."),
    "output_too_long": _("the finished text is too long."),
    "range_misplaced": _("a range may only stand in a “for”."),
    "scheme_refused": _("its address must begin with https:// or http://."),
    "source_too_long": _("it is too long."),
    "syntax": _("it is not written correctly (%(detail)s)."),
    "tag_mismatch": _("%(what)s closes nothing that is open."),
    "tag_too_long": _("a merge field is too long."),
    "tag_unclosed": _("%(what)s is not closed."),
    "tag_unknown": _("this kind of tag is not offered."),
    "too_complex": _("it is too complex to be compiled."),
    "too_many_elements": _("it holds too many elements."),
    "too_many_passes": _("its loops run too often."),
    "too_many_tags": _("it holds too many merge fields."),
    "too_much_work": _("it does too much work for one message."),
    "variables_too_large": _("its variables are too large."),
    "wrong_type": _("a value is of the wrong kind (%(detail)s)."),
}
_QUOTED: Final = re.compile(r"</?[\w:-]+>|'[^']*'")


def words_of(problem: SourceError) -> str:
    """The rest of the sentence for the problem's code, in the active language."""
    quoted = _QUOTED.search(problem.message)
    named = {"what": quoted[0] if quoted else "", "detail": problem.message}
    return str(SENTENCES[problem.code]) % named
