"""Mail in the simulator's logs, so that the mailbox pages have something to show."""

import json
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

from relay_saas.simulator.smtp.journal import PREFIX_BYTES
from tests.browser.story import PEOPLE, PROVIDERS

BEGAN = 1_764_000_000.0
VERDICT = {
    "signatures": [
        {
            "domain": "news.hinode.test",
            "selector": "r1",
            "algorithm": "rsa-sha256",
            "result": "pass",
            "reason": "",
        },
        {
            "domain": "news.hinode.test",
            "selector": "e1",
            "algorithm": "ed25519-sha256",
            "result": "pass",
            "reason": "",
        },
    ],
    "dkim_rsa": "pass",
    "dkim_ed25519": "pass",
    "dkim_aligned": True,
    "spf": "pass",
    "spf_aligned": True,
    "dmarc": "pass",
    "from_domain": "news.hinode.test",
}


def deliver(folder: Path, unsubscribe: str) -> None:
    """Three messages for each person of the story; `unsubscribe` is a link that the edge knows."""
    folder.mkdir(parents=True, exist_ok=True)
    mails, received, verdicts = bytearray(), bytearray(), bytearray()
    for number in range(3):
        for at, person in enumerate(PEOPLE):
            content = _mail(person, number, unsubscribe)
            mails += len(content).to_bytes(PREFIX_BYTES) + content
            line = _line(person, BEGAN + 3600 * number + at, content, offset=len(mails) - len(content))
            verdicts += _json(VERDICT | {"received": len(received)})
            received += _json(line)
    (folder / "messages-1.mbox").write_bytes(mails)
    (folder / "received-1.log").write_bytes(received)
    (folder / "verdicts-1.log").write_bytes(verdicts)


def _line(person: tuple[str, ...], time: float, content: bytes, *, offset: int) -> dict[str, object]:
    domain = person[0].partition("@")[2]
    return {
        "time": time,
        "provider": domain if domain in PROVIDERS else "corporate",
        "host": f"mx1.{domain}",
        "client": "127.30.0.1",
        "helo": "mx1.relay.test",
        "mail_from": "b4k2mzqd7w5n3xw6a@rp.news.hinode.test",
        "rcpt": person[0],
        "tls": "TLSv1.3",
        "size": len(content),
        "offset": offset,
        "sha256": sha256(content).hexdigest(),
    }


def _mail(person: tuple[str, ...], number: int, unsubscribe: str) -> bytes:
    email, last, first, city = person
    mail = EmailMessage()
    mail["From"] = "日の出ストア <news@news.hinode.test>"
    mail["To"] = email
    mail["Subject"] = f"{last} {first}様、{9 + number}月の新着のお知らせ"
    mail["List-Unsubscribe"] = f"<{unsubscribe}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(f"{last} {first}様\n\n{city}へも送料無料でお届けします。\n配信停止: {unsubscribe}\n")
    mail.add_alternative(
        f"<html><body><h1>日の出ストア</h1><p>{last} {first}様</p><p>{city}へも送料無料でお届けします。</p>"
        f'<p><a href="{unsubscribe}">配信を停止する</a></p></body></html>',
        subtype="html",
    )
    return (
        mail.as_bytes(policy=mail.policy.clone(max_line_length=998))
        .replace(b"\r\n", b"\n")
        .replace(b"\n", b"\r\n")
    )


def _json(values: dict[str, object]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"
