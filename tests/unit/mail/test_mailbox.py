"""Mailboxes as people write them."""

import pytest

from relay_saas.mail.mailbox import BadMailbox, read_mailbox, split_mailboxes


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("a@b.test", "", "a@b.test"),
        ("<a@b.test>", "", "a@b.test"),
        ("Acme <a@b.test>", "Acme", "a@b.test"),
        (" 山田 太郎  <taro@b.test> ", "山田 太郎", "taro@b.test"),
        ('"Smith, \\"Bob\\" & Co." <a@b.test>', 'Smith, "Bob" & Co.', "a@b.test"),
        ("=?utf-8?b?5bGx55Sw?= <a@b.test>", "山田", "a@b.test"),
        ('"" <a@b.test>', "", "a@b.test"),
        ("a@b.test,c@d.test", "", "a@b.test,c@d.test"),
        ("user@example.com>\r\nRCPT TO:<victim@other.example", "", None),
    ],
)
def test_a_mailbox_has_a_name_and_an_address(text: str, name: str, address: str | None) -> None:
    assert read_mailbox(text) == (name, text if address is None else address)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a@b.test>", "bad_mailbox"),
        ("Acme, Inc. <a@b.test>", "name_not_quoted"),
        ("a@b.test, <c@d.test>", "name_not_quoted"),
        ("x <a@b.test> <c@d.test>", "name_not_quoted"),
        ('"x" y <a@b.test>', "name_not_quoted"),
        ("x" * 4000 + "<a@b.test>", "bad_mailbox"),
    ],
)
def test_what_could_be_two_is_none(text: str, code: str) -> None:
    with pytest.raises(BadMailbox) as refused:
        read_mailbox(text)
    assert refused.value.code == code


def test_a_list_is_split_at_its_own_commas() -> None:
    text = 'a@b.test, "Smith, Bob \\" , " <c@d.test> ,, 山田 <e@f.test>'
    assert list(split_mailboxes(text)) == ["a@b.test", '"Smith, Bob \\" , " <c@d.test>', "山田 <e@f.test>"]
