"""The list of mailboxes and the list of one mailbox's messages."""

import datetime as dt
import email.policy
from email.parser import BytesHeaderParser
from html import escape
from urllib.parse import quote

from relay_saas.simulator.mailboxes.index import Entry, MailIndex
from relay_saas.simulator.mailboxes.layout import View, notice, page
from relay_saas.simulator.mailboxes.web import Response

PER_PAGE = 50
HEAD_BYTES = 16_384
SELECTED = " selected"


def mailboxes_page(view: View, index: MailIndex) -> Response:
    """All mailboxes, with a search."""
    query = view.request.query
    search, provider = query.get("q", ""), query.get("provider", "")
    found = index.mailboxes(search, provider)
    heading = view.text("mailboxes")
    parts = [f"<p>{view.text('intro')}</p>", _search_form(view, index, search, provider)]
    if not index.total:
        parts.append(notice(view.text("empty"), view.text("empty_hint")))
    elif not found:
        parts.append(notice(view.text("no_match"), view.text("no_match_hint")))
    else:
        messages = sum(len(entries) for _, entries in found)
        parts.append(f'<p class="quiet">{view.text("count", messages=messages, mailboxes=len(found))}</p>')
        number, last = _page_number(view, len(found))
        rows = "".join(
            f'<li><a href="{view.link("/mailboxes/" + quote(address))}">{escape(address)}</a>'
            f"<span>{escape(entries[-1].provider)}</span>"
            f"<span>{view.text('message_count', count=len(entries))}</span>"
            f"{moment(entries[-1])}</li>"
            for address, entries in found[(number - 1) * PER_PAGE : number * PER_PAGE]
        )
        parts.append(f'<ul class="rows">{rows}</ul>{_pager(view, number, last)}')
    return page(view, heading, "\n".join(parts))


def mailbox_page(view: View, index: MailIndex, address: str) -> Response:
    """The messages of one mailbox."""
    entries = index.messages(address)
    trail = {view.text("mailboxes"): view.link("/")}
    if not entries:
        body = notice(view.text("empty"), view.text("empty_hint"))
        return page(view, address, body, trail=trail, status=404)
    number, last = _page_number(view, len(entries))
    rows = "".join(
        _message_row(view, index, entry) for entry in entries[(number - 1) * PER_PAGE : number * PER_PAGE]
    )
    count = f'<p class="quiet">{view.text("message_count", count=len(entries))}</p>'
    return page(
        view, address, f'{count}<ul class="rows">{rows}</ul>{_pager(view, number, last)}', trail=trail
    )


def subject_and_sender(index: MailIndex, entry: Entry) -> tuple[str, str]:
    """Subject and From of a message, decoded; empty where they are not there."""
    head = BytesHeaderParser(policy=email.policy.default).parsebytes(index.content(entry, HEAD_BYTES))
    return str(head.get("Subject", "")), str(head.get("From", ""))


def message_path(entry: Entry) -> str:
    """The path of a message's page."""
    return f"/messages/{entry.number}/{entry.at}"


def moment(entry: Entry) -> str:
    """When a message came, as HTML."""
    local = dt.datetime.fromtimestamp(entry.time, tz=dt.UTC).astimezone()
    return f'<time datetime="{local.isoformat()}">{local:%Y-%m-%d %H:%M:%S}</time>'


def _message_row(view: View, index: MailIndex, entry: Entry) -> str:
    subject, sender = subject_and_sender(index, entry)
    title = escape(subject) if subject.strip() else view.text("no_subject")
    return (
        f'<li><a href="{view.link(message_path(entry))}">{title}</a>'
        f'<span class="wide">{escape(sender)}</span>{moment(entry)}</li>'
    )


def _search_form(view: View, index: MailIndex, search: str, provider: str) -> str:
    options = "".join(
        f'<option value="{escape(name)}"{SELECTED if name == provider else ""}>{escape(name)}</option>'
        for name in index.providers()
    )
    return f"""<form class="search" action="/" method="get" role="search">
<div><label for="q">{view.text("search")}</label>
<input id="q" name="q" type="search" value="{escape(search)}" autocomplete="off"></div>
<div><label for="provider">{view.text("provider")}</label>
<select id="provider" name="provider">
<option value="">{view.text("all_providers")}</option>{options}</select></div>
<input type="hidden" name="lang" value="{view.language}">
<button type="submit">{view.text("find")}</button>
</form>"""


def _page_number(view: View, count: int) -> tuple[int, int]:
    last = max(1, -(-count // PER_PAGE))
    asked = view.request.query.get("page", "1")
    return min(
        max(1, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1), last
    ), last


def _pager(view: View, number: int, last: int) -> str:
    if last == 1:
        return ""
    newer = f'<a href="{view.here(page=str(number - 1))}">{view.text("newer")}</a>' if number > 1 else ""
    older = f'<a href="{view.here(page=str(number + 1))}">{view.text("older")}</a>' if number < last else ""
    where = view.text("page", page=number, pages=last)
    return f'<nav class="pager" aria-label="{view.text("pages")}">{newer}<span>{where}</span>{older}</nav>'
