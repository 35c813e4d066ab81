"""A bounce that comes back later, as Postfix writes it (RFC 3464), mailed to the inbound server."""

import smtplib

from relay_saas.embedded.ports import LOCAL
from scripts.accounting.witness import Copy

SECONDS = 30.0
REPORT = """From: MAILER-DAEMON@{host} (Mail Delivery System)
To: {sender}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="4XYZ.1/{host}"

--4XYZ.1/{host}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {host}.

<{rcpt}>: host {host} said: 550 5.1.1 <{rcpt}>: Recipient address rejected:
    User unknown (in reply to end of DATA command)

--4XYZ.1/{host}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}
X-Postfix-Queue-ID: 4XYZ
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0900 (JST)

Final-Recipient: rfc822; {rcpt}
Original-Recipient: rfc822;{rcpt}
Action: failed
Status: 5.1.1
Remote-MTA: dns; {host}
Diagnostic-Code: smtp; 550 5.1.1 <{rcpt}>: Recipient address rejected: User
    unknown

--4XYZ.1/{host}
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

To: {rcpt}
Subject: News

--4XYZ.1/{host}--
"""


def mail_back(copy: Copy, *, port: int) -> None:
    """Mails the report about a copy to its return path, with the empty envelope sender."""
    filled = REPORT.format(host="mx1.corporate-mail.test", rcpt=copy.rcpt, sender=copy.mail_from)
    with smtplib.SMTP(LOCAL, port, timeout=SECONDS) as connection:
        connection.sendmail("", [copy.mail_from], filled.replace("\n", "\r\n").encode())
