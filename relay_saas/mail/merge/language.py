"""The merge language: Liquid with an allow-list of tags and filters, strict names and limits."""

from functools import cache

from liquid import Environment
from liquid.undefined import StrictDefaultUndefined

from relay_saas.mail.merge import limits
from relay_saas.mail.merge.filters import ALLOWED, guarded, number

TAGS = frozenset(("if", "unless", "case", "for", "break", "continue", "assign", "capture", "comment"))
#: modules of the library whose pseudo tags are text, output and "unknown tag"
PSEUDO_TAGS = frozenset(("liquid.builtin.content", "liquid.builtin.output", "liquid.builtin.illegal"))


class MergeEnvironment(Environment):
    """python-liquid cut down to what a mail needs."""

    loop_iteration_limit = limits.LOOP_PASSES
    output_stream_limit = limits.OUTPUT_BYTES
    local_namespace_limit = limits.LOCALS_BYTES
    context_depth_limit = limits.CONTEXT_DEPTH
    block_nesting_limit = limits.BLOCK_DEPTH
    template_class = limits.LimitedTemplate

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Drop what is not listed, guard what stays."""
        super().setup_tags_and_filters(extra=extra)
        self.tags = {
            name: tag
            for name, tag in self.tags.items()
            if name in TAGS or type(tag).__module__ in PSEUDO_TAGS
        }
        self.add_tag(limits.LimitedForTag)
        self.filters = {
            # `default` takes what is not defined, makes nothing new, and so needs no guard
            name: original if name == "default" else guarded(name, original)
            for name, original in self.filters.items()
            if name in ALLOWED
        }
        self.filters["number"] = guarded("number", number)
        # the name that people bring along from other template languages
        self.filters["urlencode"] = self.filters["url_encode"]


@cache
def environment(*, html: bool) -> MergeEnvironment:
    """The one environment for HTML (values are escaped) or for text and headers (they are not)."""
    return MergeEnvironment(autoescape=html, undefined=StrictDefaultUndefined)
