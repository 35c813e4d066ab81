"""Around each limit: generated code renders the same, or leaves it to the interpreter."""

from collections import Counter
from typing import Any

from relay_saas.mail.merge import limits
from tests.unit.mail.differential import compare

Case = tuple[str, dict[str, Any]]


def put(expression: str) -> str:
    return "{{ " + expression + " }}"


def passes() -> list[Case]:
    cases: list[Case] = []
    for count in (limits.LOOP_PASSES - 1, limits.LOOP_PASSES, limits.LOOP_PASSES + 1):
        cases += [("{% for i in (1..n) %}x{% endfor %}", {"n": count})]
        cases += [("{% for i in a %}x{% endfor %}", {"a": [1] * count})]
        cases += [("{% for i in a limit: 3 %}x{% endfor %}", {"a": [1] * count})]
    nested = "{% for i in (1..a) %}{% for j in (1..b) %}.{% endfor %}{% endfor %}"
    cases += [(nested, {"a": outer, "b": inner}) for outer, inner in ((22, 22), (22, 23), (20, 25), (20, 26))]
    for times in (1, 2, 3):
        cases.append(("{% for i in (1..499) %}.{% endfor %}" * times, {}))
        cases.append(("{% for i in (1..500) %}{% break %}{% endfor %}" * times, {}))
    return cases


def sizes() -> list[Case]:
    cases: list[Case] = []
    for size in (249_990, 250_010, 999_990, 1_000_000, 1_000_001):
        cases.append(("{{ s }}", {"s": "a" * size}))
        cases.append(("{{ s }}", {"s": "é" * (size // 2)}))
        cases.append(("{% for i in (1..10) %}{{ s }}{% endfor %}", {"s": "a" * (size // 10)}))
        cases.append(("{% capture x %}{{ s }}{% endcapture %}{{ x.size }}", {"s": "a" * size}))
    for size in (199_000, 199_950, 199_951, 199_952, 200_100):
        cases.append(("{% assign x = s %}{% assign y = 1 %}{{ x.size }}", {"s": "a" * size}))
        cases.append(("{% for i in (1..3) %}{% assign x = s %}{% endfor %}{{ x.size }}", {"s": "a" * size}))
    return cases


def filtered() -> list[Case]:
    cases: list[Case] = []
    for call in (
        "upcase",
        "capitalize",
        "strip",
        "escape",
        "append: 'b'",
        "prepend: '<'",
        "replace: 'a', 'bb'",
    ):
        for size in (189, 190, 329, 330, 99_999, 100_000, 100_001):
            cases += [(put(f"s | {call} | size"), {"s": text}) for text in ("a" * size, "<ß" * (size // 2))]
    for number in (2**99, 2**100, 2**101, 2**255, 2**256, -(2**100), -(2**256)):
        for call in ("times: v", "plus: v", "minus: v", "times: 3", "plus: 1", "times: 1.1", "round", "abs"):
            cases.append((put(f"v | {call}"), {"v": number}))
    rounded = (9.99e14, 1e15, 1e300, float("inf"), float("nan"), -0.4, 2.5, 3.5)
    return cases + [("{{ v | round }}", {"v": value}) for value in rounded]


def depths() -> list[Case]:
    loops = ["{% for i in (1..1) %}" * depth + "x" + "{% endfor %}" * depth for depth in (7, 8, 9, 15, 20)]
    blocks = ["{% if true %}" * depth + "x" + "{% endif %}" * depth for depth in (29, 30, 31)]
    long = [
        "{% if false %}a" + "{% elsif false %}b" * 150 + "{% else %}c{% endif %}",
        "{% if " + " or ".join(["false"] * 150) + " %}a{% else %}b{% endif %}",
    ]
    return [(source, {}) for source in loops + blocks + long]


def work() -> list[Case]:
    texts = "{% for i in (1..500) %}{% assign a = s | upcase | downcase %}{% endfor %}x"
    cases: list[Case] = [
        (texts, {"s": "a" * size}) for size in (900, 1_001, 2_400, 2_600, 4_900, 5_100, 99_000)
    ]
    body = "{% if i < 0 %}" + "y" * 5_000 + "{% endif %}{% endfor %}"
    return cases + [(f"{{% for i in (1..{count}) %}}{body}", {}) for count in (490, 500)]


def private_names() -> list[Case]:
    source = "{{ o.__class__ | default: 'none' }}{{ s.upper | default: 'no' }}{{ l.append | default: 'no' }}"
    return [(source, {"o": {}, "s": "x", "l": []})]


def test_around_every_limit_generated_code_gives_up_in_time() -> None:
    seen: Counter[str] = Counter()
    for cases in (passes, sizes, filtered, depths, work, private_names):
        for source, context in cases():
            seen += compare(source, [context], forms=("text",))
    assert seen["rendered"] > 150, seen
    assert seen["gave up"] > 60, seen
