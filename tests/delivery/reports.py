"""Delivery reports as remote servers write them (RFC 3464)."""


def report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 No such user here",
    recipient: str = "taro@gmail.test",
) -> bytes:
    """The octets of a report about one recipient."""
    return (
        "From: MAILER-DAEMON@mx.gmail.test\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\r\n'
        "\r\n"
        "--b1\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b1\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.gmail.test\r\n"
        "\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\n"
        f"Action: {action}\r\n"
        f"Status: {status}\r\n"
        f"Diagnostic-Code: {diagnostic}\r\n"
        "\r\n"
        "--b1--\r\n"
    ).encode()


def feedback(trace: str, *, kind: str = "abuse") -> bytes:
    """The octets of a complaint (RFC 5965) about a message that carries this trace."""
    return feedback_about(f"Subject: hello\r\nX-Relay-Trace: {trace}\r\n\r\nHello\r\n".encode(), kind=kind)


def feedback_about(original: bytes, *, kind: str = "abuse") -> bytes:
    """The octets of a complaint (RFC 5965) about this message, or as much of it as the provider shows."""
    head = (
        "From: <fbl@loop.test>\r\n"
        "Subject: FW: hello\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="f1"\r\n'
        "\r\n"
        "--f1\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n"
        "--f1\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nUser-Agent: Loop/1\r\nVersion: 1\r\n\r\n"
        "--f1\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    return head.encode() + original + b"\r\n--f1--\r\n"
