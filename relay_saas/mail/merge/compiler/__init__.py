"""A parsed template as one Python function: fast for nearly everybody, the interpreter for all others."""

from relay_saas.mail.merge.compiler.build import compile_template
from relay_saas.mail.merge.compiler.expressions import NotCompilable
from relay_saas.mail.merge.compiler.runtime import TEXT, Deopt, Form

__all__ = ("TEXT", "Deopt", "Form", "NotCompilable", "compile_template")
