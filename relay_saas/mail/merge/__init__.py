"""The merge language of subjects and bodies: Liquid, checked when saved, rendered within limits."""

from relay_saas.mail.merge.exceptions import RenderProblem, TemplateProblem
from relay_saas.mail.merge.fields import RESERVED_NAMES, FieldUse, UnknownField
from relay_saas.mail.merge.template import Template, check_fields, parse_template

__all__ = (
    "RESERVED_NAMES",
    "FieldUse",
    "RenderProblem",
    "Template",
    "TemplateProblem",
    "UnknownField",
    "check_fields",
    "parse_template",
)
