"""What one client, one credential and all of them together may take."""

from dataclasses import dataclass
from typing import Final

#: Octets of a command line; AUTH carries an answer (RFC 4954 §4), MAIL and RCPT have parameters.
COMMAND: Final = 512
COMMANDS: Final = {"AUTH": 12288, "MAIL": 2048, "RCPT": 2048}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, octets and counts; the tests have smaller ones."""

    #: From the connection to a sign-in.
    login: float = 60
    #: From one command, or one piece of a message, to the next.
    idle: float = 300
    #: For one message, and for a whole session.
    data: float = 600
    session: float = 7200
    #: An answer that takes longer is none.
    commit: float = 60
    tls: float = 30
    #: For the last reply to be read.
    farewell: float = 3

    message: int = 25 * 1024 * 1024
    #: Of all messages that are being received, in one process.
    buffered: int = 256 * 1024 * 1024

    connections: int = 500
    #: From one address, and by one credential.
    from_one: int = 100
    of_credential: int = 100
    #: New ones from one address in a minute.
    new_in_minute: int = 600
    messages: int = 1000
    #: Refused commands before and after a sign-in.
    errors: int = 10
    errors_signed_in: int = 100

    #: Failed sign-ins: in one session, and of one address in ten minutes.
    failures: int = 3
    failures_of_address: int = 20
    #: A refusal takes as long, whatever was wrong.
    failure: float = 1.0
