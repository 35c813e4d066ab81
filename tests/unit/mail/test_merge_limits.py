"""A hostile template ends with an error of its own, soon and in little memory."""

import tracemalloc

import pytest

from relay_saas.mail.merge import RenderProblem, TemplateProblem, limits, parse_template

LONG = "a" * 99_000
MEMORY_BYTES = 32_000_000


def outcome(source: str, **context: object) -> str:
    """The code of the error, or `ok`; asserts that memory stayed bounded."""
    tracemalloc.start()
    try:
        parse_template(source, html=True).render(context)
        code = "ok"
    except (TemplateProblem, RenderProblem) as problem:
        code = problem.code
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < MEMORY_BYTES
    return code


PASSES_500 = "{% for i in (1..500) %}"
END = "{% endfor %}"
LONG_RANGE = "{% for i in (1..1000000000) reversed limit: 3 %}"
CAPTURES = "{% capture a %}aaaaaaaaaa{% endcapture %}" + "{% capture a %}{{a}}{{a}}{% endcapture %}" * 40
APPENDS = "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 40
REPLACES = "{{ '" + "a" * 400 + "' | replace: 'a', '" + "b" * 400 + "' }}"
SQUARES = "{% assign a = 99999 %}" + PASSES_500 + "{% assign a = a | times: a %}" + END

BOMBS = {
    "long range reversed": (LONG_RANGE + "x" + END, "too_many_passes"),
    "range of 10^18": ("{% for i in (1..1000000000000000000) %}x" + END, "too_many_passes"),
    "one pass too many": ("{% for i in (1..501) %}" + END, "too_many_passes"),
    "nested loops": (PASSES_500 + "{% for j in (1..2) %}" + END + END, "too_many_passes"),
    "loops in a row": ((PASSES_500 + END) * 3, "too_many_passes"),
    "capture doubling": (CAPTURES, "variables_too_large"),
    "append doubling": (APPENDS, "filter_result_too_large"),
    "replace chain": (REPLACES, "filter_result_too_large"),
    "join by a long text": ("{% assign a = short | split: '' %}{{ a | join: s }}", "filter_result_too_large"),
    "squaring": (SQUARES, "number_too_large"),
    "static text": (PASSES_500 + "y" * 5000 + END, "output_too_long"),
    "splitting": ("{{ s | split: '' | size }}", "filter_result_too_large"),
    "filter work": (PASSES_500 + "{% assign a = s | upcase | downcase %}" + END, "too_much_work"),
    "small work": (PASSES_500 + "{% if i < 0 %}{{ i }}{% endif %}" * 300 + END, "too_much_work"),
    "many dates": (PASSES_500 + "{{ i | append: ' jan 2020' | date: '%Y' }}" * 20 + END, "too_much_work"),
    "a long date format": ("{{ '2026-01-01' | date: s }}", "filter_result_too_large"),
    "tags stripped from a long text": ("{{ s | strip_html }}", "filter_result_too_large"),
    "many tags": ("{{a}}" * 100_000, "too_many_tags"),
    "one long tag": ("{{ a" + " | strip" * 1000 + " }}", "tag_too_long"),
    "deep blocks": ("{% if a %}" * 100 + "{% endif %}" * 100, "nesting_too_deep"),
    "a long source": ("x" * (limits.SOURCE_BYTES + 1), "source_too_long"),
    "unclosed tags": ("{{ a " * 4000, "syntax"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_with_its_own_error(name: str) -> None:
    source, code = BOMBS[name]
    assert outcome(source, s=LONG, a="a", short="abc" * 500) == code


def test_what_is_just_within_the_limits_passes() -> None:
    assert outcome(PASSES_500 + "x" + END + PASSES_500 + "x" + END) == "ok"
    assert outcome("{{ s | append: 'b' | size }}", s=LONG) == "ok"
    assert outcome("{{a}}" * limits.TAGS, a="a") == "ok"
    assert outcome("x" * limits.SOURCE_BYTES) == "ok"
    assert outcome("{{ s }}" * 10, s=LONG) == "ok"


def test_each_render_has_its_own_share_of_work() -> None:
    template = parse_template("{% for i in (1..40) %}{% assign a = s | upcase %}{% endfor %}", html=False)
    for _ in range(5):
        assert template.render({"s": "a" * 50_000}) == ""
