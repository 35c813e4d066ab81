"""Builds what a campaign says from its sources: markup compiled, links and pixel in place, all checked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.translation import gettext_lazy as _

from campaigns.services.findings import Finding, Level, Part
from campaigns.services.source_words import words_of
from relay_saas.mail.link_rewrite import Link, insert_pixel, rewrite
from relay_saas.mail.link_target import BadLink
from relay_saas.mail.markup import compile_markup, insert_preheader
from relay_saas.mail.merge import Template, TemplateProblem, check_fields, parse_template
from relay_saas.mail.mjml import MarkupProblem
from relay_saas.mail.source import SourceError
from relay_saas.mail.text_part import text_from_html
from relay_saas.web.problems import Text

UNSUBSCRIBE: Final = "unsubscribe_url"
#: Beyond this no mailbox shows it; the issue of the limit is our own memory per message.
MAX_BYTES: Final = 1_000_000
#: Gmail hides what comes after.
CLIPPED_BYTES: Final = 102_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the tenant wrote; all four hold Liquid."""

    subject: str
    preheader: str
    markup: Literal["mjml", "html"]
    html: str
    #: Empty: made from the HTML.
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The templates as a preview shows them: the tenant's own links, no pixel."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The templates as they are sent: `relay_link[n]` in place of links, the pixel at the end."""

    shown: Shown
    html: str
    text: str
    links: tuple[Link, ...]
    #: Dotted names that the templates and link targets read.
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What building gave: `built` is None when a finding made it impossible."""

    built: Built | None
    findings: tuple[Finding, ...]


def build(sources: Sources, known: Iterable[str]) -> Outcome:
    """Compiles and checks `sources`; `known` holds the dotted names that templates may use. Never raises."""
    known = tuple(known)
    findings: list[Finding] = []
    templates: dict[Part, Template] = {}
    for part, source in _parts(sources):
        try:
            templates[part] = parse_template(source, html=part is Part.HTML)
        except TemplateProblem as problem:
            findings.append(_finding("template_problem", part, problem))
            continue
        findings += _unknown(templates[part], part, known)
    if not sources.html.strip():
        findings.append(Finding(code="html_empty", part=Part.HTML, message=_("The mail is empty.")))
        return Outcome(built=None, findings=tuple(findings))
    if Part.HTML not in templates or Part.TEXT not in templates:
        return Outcome(built=None, findings=tuple(findings))
    try:
        built = _compiled(sources, templates.values())
    except MarkupProblem as problem:
        findings.append(_finding("template_problem", Part.HTML, problem))
        return Outcome(built=None, findings=tuple(findings))
    except BadLink as problem:
        findings.append(_finding("bad_link", Part.HTML, problem))
        return Outcome(built=None, findings=tuple(findings))
    except TemplateProblem as problem:
        findings.append(_finding("template_problem", Part.HTML, problem, placed=False))
        return Outcome(built=None, findings=tuple(findings))
    findings += _missing(templates, built)
    return Outcome(built=built, findings=tuple(findings))


def _parts(sources: Sources) -> Iterator[tuple[Part, str]]:
    yield Part.SUBJECT, sources.subject
    yield Part.PREHEADER, sources.preheader
    yield Part.HTML, sources.html
    yield Part.TEXT, sources.text


def _compiled(sources: Sources, templates: Iterable[Template]) -> Built:
    html = insert_preheader(compile_markup(sources.html, sources.markup).html, sources.preheader)
    text = sources.text if sources.text.strip() else text_from_html(html)
    rewritten = rewrite(html, text)
    targets = [parse_template(link.target, html=False) for link in rewritten.links]
    sent_html = insert_pixel(rewritten.html)
    used = [
        *templates,
        *targets,
        parse_template(sent_html, html=True),
        parse_template(rewritten.text, html=False),
    ]
    names = dict.fromkeys(name for template in used for name in template.fields)
    return Built(
        shown=Shown(subject=sources.subject, html=html, text=text),
        html=sent_html,
        text=rewritten.text,
        links=rewritten.links,
        fields=tuple(name for name in names if not name.startswith("relay_")),
    )


def _missing(templates: dict[Part, Template], built: Built) -> Iterator[Finding]:
    if UNSUBSCRIBE not in templates[Part.HTML].fields:
        message = _("The mail has no unsubscribe link: put {{ unsubscribe_url }} where people find it.")
        yield Finding(code="unsubscribe_link_missing", part=Part.HTML, message=message)
    elif UNSUBSCRIBE not in parse_template(built.text, html=False).fields:
        message = _("The text part has no unsubscribe link: put {{ unsubscribe_url }} into it, too.")
        yield Finding(code="unsubscribe_link_missing", part=Part.TEXT, message=message)
    size = len(built.html.encode())
    if size > MAX_BYTES:
        yield Finding(code="too_large", part=Part.HTML, message=_("The mail is larger than 1 MB."))
    elif size > CLIPPED_BYTES:
        message = _("The mail is larger than 102 KB; Gmail cuts its end off.")
        yield Finding(code="clipped", part=Part.HTML, message=message, level=Level.WARNING)
    if not any(name.startswith("sender.") for name in built.fields):
        message = _("The mail does not show who sends it, with address and contact, as the law asks.")
        yield Finding(code="sender_not_shown", part=Part.HTML, message=message, level=Level.WARNING)


def _unknown(template: Template, part: Part, known: Iterable[str]) -> Iterator[Finding]:
    for unknown in check_fields(template, known):
        message = _("There is no field %(name)s.") % {"name": unknown.name}
        yield Finding(
            code="unknown_field",
            part=part,
            message=message,
            line=unknown.line,
            column=unknown.column,
            suggestion=unknown.suggestion,
        )


#: The sentence around what is wrong.
_SENTENCES: Final[dict[str, Text]] = {
    "template_problem": _("The template cannot be used: %(problem)s"),
    "bad_link": _("A link cannot be sent: %(problem)s"),
}


def _finding(code: str, part: Part, problem: SourceError, *, placed: bool = True) -> Finding:
    return Finding(
        code=code,
        part=part,
        message=str(_SENTENCES[code]) % {"problem": words_of(problem)},
        line=problem.line if placed else None,
        column=problem.column if placed else None,
    )
