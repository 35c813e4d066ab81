"""Parse a template once, check it, and render it for many recipients."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from liquid.static_analysis import TemplateAnalysis
from liquid.template import BoundTemplate

from relay_saas.mail.merge import limits
from relay_saas.mail.merge.exceptions import RenderProblem, TemplateProblem, code_of, message_of, place_of
from relay_saas.mail.merge.fields import RESERVED_NAMES, FieldUse, UnknownField, unknown_fields, uses
from relay_saas.mail.merge.language import environment
from relay_saas.mail.source import place, with_lf

TAG_START = re.compile(r"\{[{%]")
TAG_END = {"{{": "}}", "{%": "%}"}
# The lexer itself knows these two tags, whatever tags are registered.
VERBATIM_TAG = re.compile(r"\{%-?\s*(?:raw|doc)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A parsed template; it may be shared by threads and rendered any number of times."""

    #: with LF line ends
    source: str
    #: whether values are escaped for HTML
    html: bool
    #: every use of a field, in the order of the source
    uses: tuple[FieldUse, ...]
    #: the library's tree, which the compiler reads as well
    parsed: BoundTemplate = field(repr=False, compare=False)

    @property
    def fields(self) -> tuple[str, ...]:
        """The dotted names that the template takes from the context, each once, in order of first use."""
        return tuple(dict.fromkeys(use.name for use in self.uses))

    def render(self, context: Mapping[str, object]) -> str:
        """The text for one recipient, with LF line ends.

        `context` holds dict, list, str, int, float, bool, None and date only; every field the tenant knows is
        present (None when empty), so that only unknown names fail. Raises RenderProblem.
        """
        try:
            text = self.parsed.render(context)
        except Exception as error:  # ValueError, OverflowError and others come through
            raise RenderProblem(
                code_of(error, "calculation_failed"), message_of(error), *place_of(error, self.source)
            ) from error
        return with_lf(text)


def parse_template(source: str, *, html: bool) -> Template:
    """Parse and check `source`; `html` says whether values are escaped. Raises TemplateProblem."""
    source = with_lf(source)
    refuse_source(source)
    try:
        parsed = environment(html=html).from_string(source)
        limits.refuse_ranges(parsed)
        analysis = parsed.analyze(include_partials=False)
    except Exception as error:  # the library lets plain Python errors through
        raise TemplateProblem(
            code_of(error, "syntax"), message_of(error), *place_of(error, source)
        ) from error
    refuse_names(analysis, source, html=html)
    return Template(source=source, html=html, uses=uses(analysis, source), parsed=parsed)


def check_fields(template: Template, known: Iterable[str]) -> list[UnknownField]:
    """Names that `template` uses and `known` (dotted, such as "contact.first_name") does not hold."""
    return unknown_fields(template.uses, known)


def refuse_source(source: str) -> None:
    """Refuse, before the parser sees it, what is too large, not Unicode, or written in a verbatim tag."""
    try:
        size = len(source.encode())
    except UnicodeEncodeError as error:
        line, column = place(source, error.start)
        raise TemplateProblem("not_unicode", "the template holds half a character", line, column) from error
    if size > limits.SOURCE_BYTES:
        raise TemplateProblem(
            "source_too_long", f"the template is longer than {limits.SOURCE_BYTES // 1024} KB"
        )
    if source.count("{{") + source.count("{%") > limits.TAGS:
        raise TemplateProblem("too_many_tags", f"the template holds more than {limits.TAGS} merge tags")
    refuse_long_tags(source)
    if found := VERBATIM_TAG.search(source):
        raise TemplateProblem(
            "tag_unknown", "the tags raw and doc are not offered", *place(source, found.start())
        )


def refuse_long_tags(source: str) -> None:
    """Refuse a tag whose end is far away; the time and depth of parsing grow with one tag's length."""
    for opening in TAG_START.finditer(source):
        start = opening.start()
        end = source.find(TAG_END[opening[0]], start)
        if end - start > limits.TAG_CHARACTERS:
            message = f"a merge tag is longer than {limits.TAG_CHARACTERS} characters"
            raise TemplateProblem("tag_too_long", message, *place(source, start))


def refuse_names(analysis: TemplateAnalysis, source: str, *, html: bool) -> None:
    """Refuse unknown filters (the library would only notice at render) and assignments to reserved names."""
    for name, spans in analysis.filters.items():
        if name not in environment(html=html).filters:
            raise TemplateProblem(
                "filter_unknown", f"unknown filter '{name}'", *place(source, spans[0].index)
            )
    for name, variables in analysis.locals.items():
        if name in RESERVED_NAMES:
            where = place(source, variables[0].span.index)
            raise TemplateProblem("name_reserved", f"'{name}' is provided by the sender", *where)
