"""Answers of a machine for somebody who is not there (RFC 3834)."""

from relay_saas.simulator.recipients.letter import Occasion, lines


def out_of_office(about: Occasion) -> bytes:
    """A short answer to the return path."""
    head = lines(
        f"From: {about.rcpt}",
        f"To: {about.mail_from}",
        "Subject: =?utf-8?b?5LiN5Zyo44Gu44GK55+l44KJ44Gb?= Out of office",
        f"Date: {about.date}",
        f"Message-ID: <{about.unique('away')}@{about.domain}>",
        f"In-Reply-To: <{about.message_id}>",
        f"References: <{about.message_id}>",
        "Auto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: All",
        "Precedence: auto_reply",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    )
    text = lines(
        "只今、休暇のため不在にしております。",
        "I am out of office until Monday. Mail to this mailbox was delivered and will be read then.",
    )
    return (head + "\r\n" + text).encode()
