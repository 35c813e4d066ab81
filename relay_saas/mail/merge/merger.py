"""A template for many recipients: by generated code where it can be, by the interpreter where it must be."""

import logging
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from relay_saas.mail.merge.compiler import Form, NotCompilable, compile_template
from relay_saas.mail.merge.exceptions import RenderProblem
from relay_saas.mail.merge.template import Template

LOG = logging.getLogger(__name__)

T = TypeVar("T")

#: recipients before code is generated: most contents of the API have no more
PATIENCE: Final = 3
#: recipients after that for whom both ways are gone and compared
TRIALS: Final = 20


class Merger(Generic[T]):
    """Makes what a form says of a template; a difference between both ways ends the use of generated code."""

    def __init__(self, template: Template, form: Form) -> None:
        self._template = template
        self._form = form
        self._patience = PATIENCE
        self._trials = TRIALS
        self._generated: Callable[[dict[str, object]], T] | None = None

    def merge(self, context: dict[str, object]) -> T:
        """The result for one recipient. Raises RenderProblem."""
        if self._generated is None:
            self._patience -= 1
            if self._patience == 0:
                self._generate()
            return self._interpreted(context)
        try:
            made = self._generated(context)
        except Exception:  # noqa: BLE001  # whatever it is, the interpreter finds it again and names its place
            return self._interpreted(context)
        if self._trials:
            self._trials -= 1
            return self._compared(made, context)
        return made

    def _generate(self) -> None:
        try:
            self._generated = compile_template(self._template.parsed, self._form)
        except NotCompilable as reason:
            LOG.info("a template is interpreted: %s", reason)

    def _interpreted(self, context: Mapping[str, object]) -> T:
        whole: T = self._form.whole(self._template.render(context))
        return whole

    def _compared(self, made: T, context: Mapping[str, object]) -> T:
        try:
            wanted = self._interpreted(context)
        except RenderProblem:
            self._distrust()
            raise
        if self._form.meaning(made) == self._form.meaning(wanted):
            return made
        self._distrust()
        return wanted

    def _distrust(self) -> None:
        LOG.error("generated code and interpreter differ: a template is interpreted from now on")
        self._generated = None
