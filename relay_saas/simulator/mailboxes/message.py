"""The page of one message: rendered in a sandbox, text, source, verdicts, envelope."""

from html import escape
from urllib.parse import quote

from relay_saas.simulator.mailboxes.index import Entry, MailIndex
from relay_saas.simulator.mailboxes.layout import View, notice, page
from relay_saas.simulator.mailboxes.lists import message_path, moment, subject_and_sender
from relay_saas.simulator.mailboxes.web import Response
from relay_saas.simulator.recipients.reading import parse, read
from relay_saas.simulator.tail import Line

TABS = ("rendered", "text", "source", "verdicts", "envelope")
MOST_SHOWN = 200_000
GOOD = {"pass", True}


def message_page(view: View, index: MailIndex, entry: Entry, *, edge: bool) -> Response:
    """One message under the tab that the query names."""
    subject, sender = subject_and_sender(index, entry)
    asked = view.request.query.get("tab", "rendered")
    tab = asked if asked in TABS else "rendered"
    head = f"""<dl class="head">
<div><dt>{view.text("from")}</dt><dd>{escape(sender)}</dd></div>
<div><dt>{view.text("to")}</dt><dd>{escape(entry.recipient)}</dd></div>
<div><dt>{view.text("received")}</dt><dd>{moment(entry)}</dd></div>
</dl>"""
    tabs = "".join(
        f'<li><a href="{view.link(message_path(entry), tab=name)}"'
        f"{' aria-current=page' if name == tab else ''}>{view.text('tab_' + name)}</a></li>"
        for name in TABS
    )
    navigation = f'<nav aria-label="{view.text("views")}"><ul class="tabs">{tabs}</ul></nav>'
    body = {
        "rendered": lambda: _rendered(view, index, entry, edge=edge),
        "text": lambda: _text(view, index, entry),
        "source": lambda: _source(view, index, entry),
        "verdicts": lambda: _verdicts(view, index.verdict(entry)),
        "envelope": lambda: _envelope(view, index.envelope(entry)),
    }[tab]()
    trail = {
        view.text("mailboxes"): view.link("/"),
        entry.recipient: view.link("/mailboxes/" + quote(entry.recipient)),
    }
    return page(view, subject.strip() or view.text("no_subject"), head + navigation + body, trail=trail)


def _rendered(view: View, index: MailIndex, entry: Entry, *, edge: bool) -> str:
    as_recipient = view.request.query.get("as") == "recipient" and edge
    message = index.content(entry)
    if parse(message).get_body(preferencelist=("html",)) is None:
        return f"<p>{view.text('no_html')}</p>" + _text(view, index, entry)
    path = message_path(entry)
    switch = (
        f'<a class="button" href="{view.link(path, **{"as": "recipient"})}">{view.text("as_recipient")}</a>'
    )
    hint, frame, sandbox = view.text("remote_off"), f"{path}/html", ""
    if not edge:
        switch = f'<span class="quiet">{view.text("no_edge")}</span>'
    if as_recipient:
        switch = f'<a class="button" href="{view.link(path)}">{view.text("as_viewer")}</a>'
        one_click = read(message).one_click
        if one_click:
            switch += _one_click_form(view, one_click)
        hint, frame = view.text("as_recipient_on"), f"{path}/html?as=recipient"
        sandbox = "allow-popups allow-popups-to-escape-sandbox"
    return f"""<div class="tools"><p>{hint}</p>{switch}</div>
<iframe class="mail" sandbox="{sandbox}" src="{frame}" title="{view.text("frame")}"></iframe>"""


def _one_click_form(view: View, url: str) -> str:
    return f"""<form method="post" action="{view.link("/as-recipient", url=url)}">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">{view.text("one_click")}</button></form>"""


def _text(view: View, index: MailIndex, entry: Entry) -> str:
    part = parse(index.content(entry)).get_body(preferencelist=("plain",))
    if part is None:
        return f"<p>{view.text('no_text')}</p>"
    return _shown(view, str(part.get_content()))


def _source(view: View, index: MailIndex, entry: Entry) -> str:
    return _shown(view, index.content(entry).decode("utf-8", "replace"))


def _shown(view: View, text: str) -> str:
    cut = f"<p>{view.text('cut', size=MOST_SHOWN)}</p>" if len(text) > MOST_SHOWN else ""
    label = view.text("frame")
    return f'{cut}<pre tabindex="0" role="group" aria-label="{label}">{escape(text[:MOST_SHOWN])}</pre>'


def _verdicts(view: View, verdict: Line | None) -> str:
    if verdict is None:
        return notice(view.text("not_judged"), view.text("not_judged_hint"))
    domain = verdict["from_domain"]

    def aligned(yes: bool) -> str:
        return view.text("aligned" if yes else "not_aligned", domain=domain)

    rows = [
        ("DKIM RSA", verdict["dkim_rsa"], aligned(verdict["dkim_aligned"])),
        ("DKIM Ed25519", verdict["dkim_ed25519"], aligned(verdict["dkim_aligned"])),
        ("SPF", verdict["spf"], aligned(verdict["spf_aligned"])),
        ("DMARC", verdict["dmarc"], escape(domain)),
    ]
    for number, each in enumerate(verdict["signatures"], 1):
        detail = f"d={each['domain']} s={each['selector']} a={each['algorithm']} {each['reason']}"
        rows.append((view.text("signature", number=number), each["result"], escape(detail)))
    body = "".join(
        f'<tr><th scope="row">{name}</th><td><span class="{_tone(result)}">{escape(str(result))}</span></td>'
        f"<td>{detail}</td></tr>"
        for name, result, detail in rows
    )
    return _table(view, ("check", "result", "detail"), body)


def _tone(result: object) -> str:
    return "good" if result in GOOD else "none" if result == "none" else "bad"


def _envelope(view: View, line: Line) -> str:
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(str(value))}</td></tr>'
        for name, value in line.items()
    )
    return _table(view, ("field", "value"), body)


def _table(view: View, columns: tuple[str, ...], body: str) -> str:
    head = "".join(f'<th scope="col">{view.text(name)}</th>' for name in columns)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{view.text("views")}">{table}</div>'
