"""One SMTP session from the server's side (RFC 5321, RFC 2920): bytes in, replies and deliveries out."""

from collections.abc import Callable
from dataclasses import dataclass, field

from relay_saas.simulator.smtp.commands import Path, Refused, parse_mail, parse_recipient
from relay_saas.simulator.smtp.content import complaint, unstuff
from relay_saas.simulator.smtp.policy import Asked, Policy, Refusal, reply_bytes

LONGEST_COMMAND = 1000
#: Commands whose reply the client must have seen before it goes on (RFC 2920 §3.1).
LAST_IN_GROUP = frozenset({b"EHLO", b"HELO", b"DATA", b"STARTTLS", b"QUIT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who speaks to which host."""

    host: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message as it was taken, dots removed."""

    helo: str
    mail_from: str
    recipients: tuple[str, ...]
    tls: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something for the logs: a refusal, or that a recipient's DATA began."""

    kind: str
    stage: str
    reply: str
    rule: str
    mail_from: str
    rcpt: str


@dataclass(slots=True, kw_only=True)
class Output:
    """What the connection has to do, in this order: log the notes, say, then one of the rest."""

    say: bytes = b""
    notes: list[Note] = field(default_factory=list)
    #: To be stored before the session is resumed with its reply.
    deliver: Delivery | None = None
    start_tls: bool = False
    close: bool = False
    #: With `close`: by a TCP RESET.
    reset: bool = False


class Session:
    """The state of one connection; `feed` and `resume` return what to do."""

    def __init__(self, policy: Policy, peer: Peer, now: Callable[[], float]) -> None:
        self._policy = policy
        self._provider = policy.provider
        self._peer = peer
        self._now = now
        self._buffer = bytearray()
        self._out = Output()
        self._handlers: dict[bytes, Callable[[bytes], None]] = {
            b"EHLO": self._hello,
            b"HELO": self._hello,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": lambda _line: self._say(b"250 2.0.0 OK\r\n"),
            b"VRFY": lambda _line: self._say(b"252 2.0.0 Send some mail, and see\r\n"),
            b"QUIT": self._quit,
            b"STARTTLS": self._starttls,
        }
        self.tls = ""
        self._closing = False
        self._waiting = False
        self._must_wait = True
        self._body_from = -1
        #: MAIL commands that were accepted, and all RCPT commands.
        self.messages = 0
        self.recipients_asked = 0
        self._forget_client()

    def _forget_client(self) -> None:
        self._helo = ""
        self._extended = False
        self._forget_envelope()

    def _forget_envelope(self) -> None:
        self._sender: Path | None = None
        self._recipients: list[str] = []

    @property
    def pipelining(self) -> bool:
        """Whether the client may send more before it has the reply."""
        return self._extended and self._provider.pipelining

    def banner(self) -> bytes:
        """The greeting; a literal one from the profile may refuse."""
        literal = self._provider.faults.banner
        self._closing = literal[:1] in {"4", "5"}
        return reply_bytes(literal or f"220 {self._peer.host} ESMTP")

    def feed(self, data: bytes, *, unread: bool = False) -> Output:
        """Take bytes; `unread` says that the client cannot have read the last reply yet."""
        early = (unread or self._waiting) and (self._must_wait or not self.pipelining)
        self._must_wait = False
        if early and not self._closing:
            self._violate("bytes sent before the reply to the last command")
        self._buffer += data
        return self._run()

    def resume(self, reply: bytes) -> Output:
        """Go on after a delivery has been stored, or not, with the reply to the final dot."""
        self._waiting = False
        self._say(reply)
        return self._run()

    def secured(self, version: str) -> None:
        """TLS stands: all that was said before is forgotten (RFC 3207 §4.2)."""
        self.tls = version
        self._must_wait = False
        self._forget_client()

    def _run(self) -> Output:
        while not self._closing and not self._waiting:
            if self._body_from >= 0:
                if not self._take_body():
                    break
            elif not self._take_command():
                break
        return self._taken()

    def _taken(self) -> Output:
        out, self._out = self._out, Output()
        out.close = self._closing
        return out

    def _take_command(self) -> bool:
        """Run one command; False where the buffer holds no whole line."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > LONGEST_COMMAND:
                self._violate("command line too long")
            return False
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\0" in line:
            self._violate("bare CR, LF or NUL in a command")
            return False
        if len(line) > LONGEST_COMMAND:
            self._violate("command line too long")
            return False
        verb = line[:-2].split(b" ", 1)[0].upper()
        handler = self._handlers.get(verb)
        if handler is None:
            self._refuse("command", b"500 5.5.2 Command not recognised\r\n", "protocol")
            return True
        handler(line[:-2])
        self._must_wait = verb in LAST_IN_GROUP
        if self._buffer and not self._closing and (self._must_wait or not self.pipelining):
            self._violate(f"more bytes sent with {verb.decode()}, without waiting for its reply")
        return not self._out.start_tls

    def _take_body(self) -> bool:
        """Take the message once its final dot is there; False where it is not."""
        if self._buffer.startswith(b".\r\n"):
            end, length = 0, 3
        else:
            end = self._buffer.find(b"\r\n.\r\n", max(0, self._body_from - 4))
            length = 5
        if end < 0:
            self._body_from = len(self._buffer)
            if self._body_from > self._provider.limits.message_bytes + 1_000_000:
                self._violate("message far beyond the size limit")
            return False
        raw = bytes(self._buffer[:end] + (b"\r\n" if length == 5 else b""))
        del self._buffer[: end + length]
        self._body_from = -1
        self._end_of_data(raw)
        return True

    def _end_of_data(self, raw: bytes) -> None:
        sender, recipients = self._sender, tuple(self._recipients)
        literal = self._provider.faults.dot
        if sender is None or not recipients:
            self._refuse("dot", b"554 5.5.1 No valid recipients\r\n", "no_recipient")
        elif literal and not literal.startswith("2"):
            self._refuse("dot", reply_bytes(literal), "fault")
            self._closing = literal.startswith("421")
        else:
            declared = {"BODY", "SMTPUTF8"} & set(sender.parameters)
            reply = complaint(raw, largest=self._provider.limits.message_bytes, eightbit=bool(declared))
            if reply is not None:
                self._refuse("dot", reply, "content")
            elif (refusal := self._policy.content(self._asked(recipients[0], raw), self._now())) is not None:
                self._refuse_by("dot", refusal, recipients[0])
            else:
                self._waiting = True
                self._out.deliver = Delivery(
                    helo=self._helo,
                    mail_from=sender.address,
                    recipients=recipients,
                    tls=self.tls,
                    content=unstuff(raw),
                )
        self._forget_envelope()

    def _hello(self, line: bytes) -> None:
        verb, _, name = line.partition(b" ")
        literal = self._provider.faults.ehlo
        if not name.strip():
            self._refuse("ehlo", b"501 5.5.4 Domain name required\r\n", "protocol")
            return
        if verb.upper() == b"EHLO" and literal:
            self._refuse("ehlo", reply_bytes(literal), "fault")
            return
        self._forget_client()
        self._helo = name.strip().decode("utf-8", "replace")
        self._extended = verb.upper() == b"EHLO"
        lines = [self._peer.host, *self._extensions()] if self._extended else [self._peer.host]
        last = len(lines) - 1
        self._say(
            "".join(f"250{' ' if at == last else '-'}{text}\r\n" for at, text in enumerate(lines)).encode()
        )

    def _extensions(self) -> list[str]:
        provider = self._provider
        offered = {
            "PIPELINING": provider.pipelining,
            f"SIZE {provider.limits.message_bytes}": True,
            "8BITMIME": provider.eightbit,
            "SMTPUTF8": provider.smtputf8,
            "ENHANCEDSTATUSCODES": True,
            "STARTTLS": provider.starttls != "off" and not self.tls,
        }
        return [name for name, on in offered.items() if on]

    def _mail(self, line: bytes) -> None:
        limits, faults = self._provider.limits, self._provider.faults
        if not self._helo:
            self._refuse("mail", b"503 5.5.1 Send EHLO first\r\n", "protocol")
        elif self._sender is not None:
            self._refuse("mail", b"503 5.5.1 Nested MAIL command\r\n", "protocol")
        elif faults.mail:
            self._refuse("mail", reply_bytes(faults.mail), "fault")
        elif 0 < limits.messages_per_session <= self.messages:
            words = limits.session_reply or ("421 4.7.0 Too many messages in this session",)
            self._refuse("mail", reply_bytes(words, ip=self._peer.client), "limit")
            self._closing = True
        else:
            provider = self._provider
            path = parse_mail(
                line, largest=limits.message_bytes, smtputf8=provider.smtputf8, eightbit=provider.eightbit
            )
            if isinstance(path, Refused):
                self._refuse("mail", path.reply, "syntax")
                return
            self._sender = path
            refusal = self._policy.braked("mail", self._asked(), self._now())
            if refusal is not None:
                self._refuse_by("mail", refusal)
                self._forget_envelope()
                return
            self.messages += 1
            self._say(b"250 2.1.0 OK\r\n")

    def _rcpt(self, line: bytes) -> None:
        if self._sender is None:
            self._refuse("rcpt", b"503 5.5.1 Need MAIL before RCPT\r\n", "protocol")
            return
        self.recipients_asked += 1
        path = parse_recipient(line, utf8="SMTPUTF8" in self._sender.parameters)
        if isinstance(path, Refused):
            self._refuse("rcpt", path.reply, "syntax")
            return
        if self._over_recipients(path.address):
            return
        literal = self._provider.faults.rcpt
        if literal and not literal.rpartition("\r\n")[2].startswith("2"):
            self._refuse("rcpt", reply_bytes(literal), "fault", path.address)
            return
        refusal = self._policy.recipient(
            client=self._peer.client, sender=self._sender.address, recipient=path.address, now=self._now()
        )
        if refusal is not None:
            self._refuse_by("rcpt", refusal, path.address)
            return
        self._recipients.append(path.address)
        self._say(reply_bytes(literal) if literal else b"250 2.1.5 OK\r\n")

    def _over_recipients(self, recipient: str) -> bool:
        limits = self._provider.limits
        if 0 < limits.recipients_per_session < self.recipients_asked:
            words = limits.recipients_reply or ("421 4.5.3 Too many recipients in this session",)
            self._refuse("rcpt", reply_bytes(words, ip=self._peer.client), "limit", recipient)
            self._closing = True
            return True
        if 0 < limits.recipients_per_message <= len(self._recipients):
            self._refuse("rcpt", b"452 4.5.3 Too many recipients\r\n", "limit", recipient)
            return True
        return False

    def _data(self, line: bytes) -> None:
        if len(line) > len(b"DATA"):
            self._refuse("data", b"501 5.5.4 DATA takes no argument\r\n", "protocol")
        elif self._sender is None:
            self._refuse("data", b"503 5.5.1 Need MAIL before DATA\r\n", "protocol")
        elif not self._recipients and not self._provider.data_without_recipient:
            self._refuse("data", b"554 5.5.1 No valid recipients\r\n", "no_recipient")
        else:
            self._body_from = 0
            for recipient in self._recipients:
                self._note("data", stage="data", reply="", rule="", rcpt=recipient)
            self._say(b"354 End data with <CR><LF>.<CR><LF>\r\n")

    def _rset(self, _line: bytes) -> None:
        self._forget_envelope()
        self._say(b"250 2.0.0 OK\r\n")

    def _quit(self, _line: bytes) -> None:
        self._say(b"221 2.0.0 Bye\r\n")
        self._closing = True

    def _starttls(self, _line: bytes) -> None:
        if self._provider.starttls == "off":
            self._refuse("starttls", b"502 5.5.1 STARTTLS not offered\r\n", "protocol")
        elif self.tls or not self._extended:
            self._refuse("starttls", b"503 5.5.1 STARTTLS not allowed now\r\n", "protocol")
        else:
            self._say(b"220 2.0.0 Go ahead\r\n")
            self._out.start_tls = True

    def _violate(self, what: str) -> None:
        self._out.start_tls = False
        self._refuse("protocol", f"554 5.5.0 Protocol error: {what}\r\n".encode(), "protocol")
        self._closing = True

    def _asked(self, recipient: str = "", content: bytes = b"") -> Asked:
        sender = self._sender.address if self._sender else ""
        return Asked(client=self._peer.client, sender=sender, recipient=recipient, content=content)

    def _refuse_by(self, stage: str, refusal: Refusal, recipient: str = "") -> None:
        """Refuse as the policy says; after a reset nobody hears the reply."""
        said = self._out.say
        self._refuse(stage, refusal.reply, refusal.rule, recipient)
        self._closing = self._closing or bool(refusal.then)
        if refusal.then == "reset":
            self._out.say, self._out.reset = said, True

    def _refuse(self, stage: str, reply: bytes, rule: str, recipient: str = "") -> None:
        self._note(
            "refused", stage=stage, reply=reply.decode("utf-8", "replace").strip(), rule=rule, rcpt=recipient
        )
        self._say(reply)

    def _note(self, kind: str, *, stage: str, reply: str, rule: str, rcpt: str) -> None:
        mail_from = self._sender.address if self._sender else ""
        note = Note(kind=kind, stage=stage, reply=reply, rule=rule, mail_from=mail_from, rcpt=rcpt)
        self._out.notes.append(note)

    def _say(self, reply: bytes) -> None:
        self._out.say += reply
