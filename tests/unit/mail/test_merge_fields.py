"""Unknown fields are found before the send, with the name that was probably meant."""

from relay_saas.mail.merge import RESERVED_NAMES, check_fields, parse_template

KNOWN = ("contact.first_name", "contact.last_name", "contact.order", "unsubscribe_url", "sender.name")


def unknown(source: str) -> list[tuple[str, int, int, str | None]]:
    template = parse_template(source, html=True)
    return [
        (field.name, field.line, field.column, field.suggestion) for field in check_fields(template, KNOWN)
    ]


def test_fields_are_dotted_names_in_order_of_first_use() -> None:
    source = (
        "{{ contact.last_name }}{{ contact['first_name'] }}{{ order.lines[0].title }}{{ contact.last_name }}"
    )
    assert parse_template(source, html=True).fields == (
        "contact.last_name",
        "contact.first_name",
        "order.lines",
    )


def test_names_that_the_template_defines_are_not_fields() -> None:
    loop = "{% for i in contact.order %}{{ i.x }}{{ forloop.index }}{% endfor %}"
    source = "{% assign a = 1 %}{{ a }}" + loop + "{{ now }}"
    assert parse_template(source, html=True).fields == ("contact.order",)


def test_a_misspelt_field_is_named_with_place_and_suggestion() -> None:
    assert unknown("Hi\n{{ contact.frist_name }}") == [("contact.frist_name", 2, 4, "contact.first_name")]


def test_a_field_without_its_root_is_recognised() -> None:
    assert unknown("{{ first_name }}") == [("first_name", 1, 4, "contact.first_name")]


def test_what_is_like_nothing_has_no_suggestion() -> None:
    assert unknown("{{ zzz }}") == [("zzz", 1, 4, None)]


def test_each_unknown_field_is_reported_once_even_with_a_default() -> None:
    assert [name for name, *_ in unknown("{{ x.a | default: 1 }}{{ x.a }}")] == ["x.a"]


def test_parts_of_a_known_field_are_known_and_its_root_alone_is_not() -> None:
    assert unknown("{{ contact.order.number }}{{ contact.first_name.size }}") == []
    assert [name for name, *_ in unknown("{{ contact }}{{ contact[key] }}")] == ["contact", "key"]


def test_a_conditional_and_a_loop_are_looked_into() -> None:
    source = (
        "{% if q.a %}{% elsif q.b > q.c %}{% endif %}"
        "{% for i in q.d limit: q.e %}{% else %}{{ q.f }}{% endfor %}"
    )
    assert [name for name, *_ in unknown(source)] == ["q.a", "q.b", "q.c", "q.d", "q.e", "q.f"]


def test_the_senders_names_are_reserved() -> None:
    assert {"contact", "unsubscribe_url", "relay_link", "relay_pixel", "sender"} <= RESERVED_NAMES
