"""What the proxy understands of an SMTP session in clear: which command a reply belongs to, and the dot."""

from collections import deque
from dataclasses import dataclass, field

_END = b"\r\n.\r\n"


@dataclass(slots=True, kw_only=True)
class Transcript:
    """Follows both directions of a session; the caller forwards the bytes."""

    #: Commands without a reply yet; the first one is the greeting's.
    waiting: deque[str] = field(default_factory=lambda: deque(["connect"]))
    mail_from: str = ""
    rcpt: str = ""
    #: Between 354 and the dot.
    in_data: bool = False
    #: The dot went to the server and its answer has not gone to the client.
    dot_open: bool = False
    _line: bytes = b""
    _reply: bytes = b""
    _tail: bytes = b"\r\n"

    def heard(self, data: bytes) -> str:
        """Bytes of the client: "body" where they are the message's, "dot" where they end it, "mail" where
        a MAIL is among the commands, else ""."""
        if self.in_data:
            seen = self._tail + data
            self._tail = seen[-4:]
            if not seen.endswith(_END):
                return "body"
            self.in_data, self.dot_open = False, True
            self.waiting.append("dot")
            return "dot"
        self._line += data
        *whole, self._line = self._line.split(b"\r\n")
        verbs = [self._command(line.decode("utf-8", "replace")) for line in whole]
        return "mail" if "MAIL" in verbs else ""

    def _command(self, line: str) -> str:
        verb = line[:4].upper()
        self.waiting.append({"MAIL": "mail", "RCPT": "rcpt", "DATA": "data"}.get(verb, verb))
        if verb == "MAIL":
            self.mail_from = line.partition("<")[2].partition(">")[0]
            self.rcpt = ""
        elif verb == "RCPT":
            self.rcpt = line.partition("<")[2].partition(">")[0]
        return verb

    def said(self, data: bytes) -> list[str]:
        """Bytes of the server: the commands whose replies are complete with them, in order."""
        self._reply += data
        *whole, self._reply = self._reply.split(b"\r\n")
        answered = []
        for line in whole:
            if line[3:4] == b"-" or not self.waiting:
                continue
            command = self.waiting.popleft()
            answered.append(command)
            if command == "data" and line[:3] == b"354":
                self.in_data, self._tail = True, b"\r\n"
        return answered
