"""Reports of mail that was taken and could not be delivered after all, as different programs write them.

RFC 3464 is what most of them follow; the carriers' oldest systems write for people alone.
"""

from collections.abc import Callable
from typing import Final

from relay_saas.simulator.recipients.letter import Occasion, lines, multipart

Shape = Callable[[Occasion, str], bytes]


def bounce(shape: str, about: Occasion, reply: tuple[str, ...]) -> bytes:
    """The report in the shape of that name; `reply` is what the mailbox's server said."""
    said = " ".join(line.replace("{rcpt}", about.rcpt) for line in reply)
    return SHAPES[shape](about, said)


def _status(said: str) -> str:
    """The enhanced code of a reply, or the vague one of its first digit (RFC 3463)."""
    words = said.replace("-", " ").split()
    found = next((word for word in words if word.count(".") == 2 and word[0] in "245"), "")
    return found or f"{said[0]}.0.0"


def _delivery_status(about: Occasion, said: str, *, mta: str = "dns", extra: str = "") -> str:
    return lines(
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: {mta}; {about.host}",
        f"Arrival-Date: {about.date}",
        "",
        f"Final-Recipient: rfc822; {about.rcpt}",
        "Action: failed",
        f"Status: {_status(said)}",
        f"Diagnostic-Code: smtp; {said}" + extra,
    )


def _head(about: Occasion, sender: str, subject: str, boundary: str, *more: str) -> str:
    return lines(
        f"From: {sender}",
        f"To: {about.mail_from}",
        f"Subject: {subject}",
        f"Date: {about.date}",
        f"Message-ID: <{about.unique('report')}@{about.host}>",
        *more,
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
    )


def _original(about: Occasion) -> str:
    return lines("Content-Type: text/rfc822-headers", "") + about.headers


def postfix(about: Occasion, said: str) -> bytes:
    """As Postfix."""
    boundary = f"{about.unique('part')[:20].upper()}/{about.host}"
    sender = f"MAILER-DAEMON@{about.host} (Mail Delivery System)"
    text = lines(
        "Content-Description: Notification",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"This is the mail system at host {about.host}.",
        "",
        "I'm sorry to have to inform you that your message could not",
        "be delivered to one or more recipients. It's attached below.",
        "",
        f"<{about.rcpt}>: host mailstore.{about.host}[10.0.0.7] said: {said} (in reply to RCPT TO command)",
    )
    head = _head(
        about, sender, "Undelivered Mail Returned to Sender", boundary, "Auto-Submitted: auto-replied"
    )
    return multipart(head, boundary, text, _delivery_status(about, said), _original(about))


def exim(about: Occasion, said: str) -> bytes:
    """As Exim."""
    boundary = f"{about.unique('part')[:14]}-eximdsn-{about.unique('b')[:10]}"
    text = lines(
        "Content-type: text/plain; charset=us-ascii",
        "",
        "This message was created automatically by mail delivery software.",
        "",
        "A message that you sent could not be delivered to one or more of its",
        "recipients. This is a permanent error. The following address(es) failed:",
        "",
        f"  {about.rcpt}",
        f"    host mailstore.{about.host} [10.0.0.7]",
        "    SMTP error from remote mail server after RCPT TO:",
        f"    {said}",
    )
    head = _head(
        about,
        f"Mail Delivery System <Mailer-Daemon@{about.host}>",
        "Mail delivery failed: returning message to sender",
        boundary,
        f"X-Failed-Recipients: {about.rcpt}",
        "Auto-Submitted: auto-replied",
    )
    return multipart(head, boundary, text, _delivery_status(about, said), _original(about))


def exchange(about: Occasion, said: str) -> bytes:
    """As Exchange Online: a page for people, a long diagnostic code."""
    boundary = about.unique("part")
    page = lines(
        "Content-Type: text/html; charset=us-ascii",
        "",
        "<html><body><p><b>Your message couldn't be delivered.</b></p>",
        f"<p>{about.rcpt} wasn't found, or the mailbox is unavailable.</p>",
        f"<p>Remote Server returned '{said}'</p></body></html>",
    )
    status = lines(
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns;{about.host}",
        f"Received-From-MTA: dns;{about.client}",
        f"Arrival-Date: {about.date}",
        "",
        f"Final-Recipient: rfc822;{about.rcpt}",
        "Action: failed",
        f"Status: {_status(said)}",
        f"Diagnostic-Code: smtp;{said}",
        f"Remote-MTA: dns;store.{about.host}",
    )
    head = _head(
        about,
        f"Microsoft Outlook <postmaster@{about.domain}>",
        f"Undeliverable: {about.head.get('Subject', '')}".replace("\r\n", ""),
        boundary,
        "X-MS-Exchange-Message-Is-Ndr:",
        "Auto-Submitted: auto-replied",
    )
    copied = lines("Content-Type: message/rfc822", "") + about.headers + "\r\n"
    return multipart(head, boundary, page, status, copied)


def gmail(about: Occasion, said: str) -> bytes:
    """As Gmail: the headline "Address not found", the address beside the code."""
    boundary = f"0000000000{about.unique('part')[:18]}"
    text = lines(
        'Content-Type: text/plain; charset="UTF-8"',
        "",
        "** Address not found **",
        "",
        f"Your message wasn't delivered to {about.rcpt} because the address couldn't be found, or is unable",
        "to receive mail.",
        "",
        "The response from the remote server was:",
        said,
    )
    head = _head(
        about,
        f"Mail Delivery Subsystem <mailer-daemon@{about.domain}>",
        "Delivery Status Notification (Failure)",
        boundary,
        f"X-Failed-Recipients: {about.rcpt}",
        "Auto-Submitted: auto-replied",
    )
    extra = f"\r\nLast-Attempt-Date: {about.date}"
    return multipart(head, boundary, text, _delivery_status(about, said, extra=extra), _original(about))


def sendmail(about: Occasion, said: str) -> bytes:
    """As sendmail: a transcript in the text."""
    boundary = f"{about.unique('part')[:14].upper()}.{int(about.taken)}/{about.host}"
    text = lines(
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"The original message was received at {about.date}",
        f"from {about.client}",
        "",
        "   ----- The following addresses had permanent fatal errors -----",
        f"<{about.rcpt}>",
        f"    (reason: {said})",
        "",
        "   ----- Transcript of session follows -----",
        f"... while talking to mailstore.{about.host}.:",
        ">>> DATA",
        f"<<< {said}",
        f"550 5.1.1 <{about.rcpt}>... User unknown",
    )
    head = _head(
        about,
        f"Mail Delivery Subsystem <MAILER-DAEMON@{about.host}>",
        "Returned mail: see transcript for details",
        boundary,
        "Auto-Submitted: auto-generated (failure)",
    )
    return multipart(head, boundary, text, _delivery_status(about, said), _original(about))


def _plain(about: Occasion, sender: str, subject: str, *text: str) -> bytes:
    head = lines(
        f"From: {sender}",
        f"To: {about.mail_from}",
        f"Subject: {subject}",
        f"Date: {about.date}",
        f"Message-ID: <{about.unique('report')}@{about.host}>",
        "Content-Type: text/plain; charset=us-ascii",
    )
    return (head + "\r\n" + lines(*text, "") + about.headers).encode()


def docomo(about: Occasion, said: str) -> bytes:
    """As docomo: no delivery-status part, the address in angle brackets under a headline."""
    return _plain(
        about,
        f"Mail Delivery Subsystem <MAILER-DAEMON@{about.domain}>",
        "Returned mail: User unknown",
        f"The original message was received at {about.date}",
        f"from {about.client}",
        "",
        "   ----- The following addresses had permanent fatal errors -----",
        f"<{about.rcpt}>",
        "",
        "   ----- Transcript of session follows -----",
        f"{said}",
        "",
        "   ----- Original message follows -----",
    )


def au(about: Occasion, said: str) -> bytes:
    """As au: a letter to a person, with the server's words in the middle."""
    return _plain(
        about,
        f"Postmaster@{about.domain}",
        "Mail System Error - Returned Mail",
        "Your message was not delivered to the following recipients:",
        "",
        f"<{about.rcpt}>",
        "",
        f"The server said: {said}",
        "",
        "----- Original message headers -----",
    )


SHAPES: Final[dict[str, Shape]] = {
    "postfix": postfix,
    "exim": exim,
    "exchange": exchange,
    "gmail": gmail,
    "sendmail": sendmail,
    "docomo": docomo,
    "au": au,
}
