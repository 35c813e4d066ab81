"""The commands are thin: the same services, words and codes."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import SendingDomain, Tenant
from accounts.tenancy import tenant_scope
from campaigns.models import Campaign, ContactList, Subscription
from tests.campaigns.conftest import HTML, PEOPLE


def test_from_a_file_to_a_launched_campaign(
    tenant: Tenant, domain: SendingDomain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people, html, errors = tmp_path / "people.csv", tmp_path / "mail.html", tmp_path / "errors.csv"
    people.write_text(PEOPLE + "nobody,x\n")
    html.write_text(HTML)
    call_command(
        "import_contacts", "--tenant", "acme", "--list", "News", "--errors", str(errors), str(people)
    )
    assert "new: 2" in capsys.readouterr().out
    assert errors.read_bytes().startswith(b"\xef\xbb\xbfemail,first_name,line,reason\r\nnobody,x,4,")
    call_command(
        "create_campaign",
        *("--tenant", "acme", "--name", "Spring", "--list", "News", "--from", "hello@news.acme.test"),
        *("--subject", "Hello", "--html", str(html), "--markup", "html"),
    )
    number = capsys.readouterr().out.strip()
    call_command("launch_campaign", "--tenant", "acme", number)
    assert capsys.readouterr().out == "launching\n"
    with tenant_scope(tenant.id):
        assert Campaign.objects.get(pk=number).state == "launching"
        assert Subscription.objects.count() == 2


def test_control_commands_print_the_new_state(sending: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("pause_campaign", "resume_campaign", "cancel_campaign"):
        call_command(command, "--tenant", "acme", str(sending.pk))
    assert capsys.readouterr().out.split() == ["paused", "sending", "cancelled"]


@pytest.mark.parametrize(
    "command", ["launch_campaign", "pause_campaign", "resume_campaign", "cancel_campaign"]
)
def test_a_refusal_is_one_line_with_its_code(draft: Campaign, other_tenant: Tenant, command: str) -> None:
    with pytest.raises(CommandError, match=r"\(not_found\)$"):
        call_command(command, "--tenant", "globex", str(draft.pk))
    with pytest.raises(CommandError, match=r"\(not_found\)$"):
        call_command(command, "--tenant", "nobody", str(draft.pk))


def test_a_file_that_is_none_leaves_no_list_behind(tenant: Tenant, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(CommandError, match=r"\(file_empty\)$"):
        call_command("import_contacts", "--tenant", "acme", "--list", "News", str(empty))
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_contacts", "--tenant", "acme", "--list", "News", str(tmp_path / "none.csv"))
    with tenant_scope(tenant.id):
        assert not ContactList.objects.exists()


def test_a_source_that_is_not_text_is_refused(mailing_list: ContactList, tmp_path: Path) -> None:
    html = tmp_path / "mail.html"
    html.write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="cannot be read as UTF-8"):
        call_command(
            "create_campaign",
            *("--tenant", "acme", "--name", "n", "--list", "News", "--from", "a@news.acme.test"),
            *("--subject", "s", "--html", str(html)),
        )
