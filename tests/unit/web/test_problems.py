"""Problem details: the members of RFC 9457 and the pointers of RFC 6901."""

from __future__ import annotations

from typing import Self

from relay_saas.web.problems import FieldProblem, Problem, flatten, pointer_to


class Coded(str):
    """A message with a code, as DRF's ErrorDetail is one."""

    __slots__ = ("code",)

    def __new__(cls, text: str, code: str) -> Self:
        made = super().__new__(cls, text)
        made.code = code
        return made


def test_a_problem_has_the_members_of_the_standard_and_ours() -> None:
    problem = Problem(
        status=409,
        code="domain_not_verified",
        title="Conflict",
        detail="news.acme.test is not verified yet.",
        instance="/api/v1/emails",
        request_id="r" * 16,
        errors=(FieldProblem(pointer="/from", code="unverified", detail="Verify it first."),),
    )
    assert problem.document() == {
        "type": "urn:problem-type:relay:domain_not_verified",
        "title": "Conflict",
        "status": 409,
        "detail": "news.acme.test is not verified yet.",
        "instance": "/api/v1/emails",
        "code": "domain_not_verified",
        "errors": [{"pointer": "/from", "code": "unverified", "detail": "Verify it first."}],
        "request_id": "r" * 16,
    }


def test_several_messages_of_one_field_share_its_pointer() -> None:
    found = flatten({"subject": [Coded("Too long.", "max_length"), Coded("No line breaks.", "line_break")]})
    assert [(one.pointer, one.code) for one in found] == [
        ("/subject", "max_length"),
        ("/subject", "line_break"),
    ]


def test_errors_of_list_items_carry_their_index() -> None:
    found = flatten({"to": [{}, {"email": [Coded("Not an address.", "invalid")]}]})
    assert found == (FieldProblem(pointer="/to/1/email", code="invalid", detail="Not an address."),)


def test_errors_by_index_as_a_list_field_gives_them() -> None:
    assert flatten({"tags": {3: [Coded("Too long.", "max_length")]}})[0].pointer == "/tags/3"


def test_errors_of_the_whole_body_point_at_the_whole_body() -> None:
    assert flatten({"non_field_errors": [Coded("Text or HTML is needed.", "no_body")]})[0].pointer == ""
    assert flatten([Coded("Expected an object.", "not_an_object")])[0].pointer == ""


def test_a_message_without_a_code_is_invalid() -> None:
    assert flatten({"subject": ["Bad."]})[0].code == "invalid"


def test_slashes_and_tildes_in_names_are_escaped() -> None:
    assert pointer_to("/merge", "a/b~c") == "/merge/a~1b~0c"
