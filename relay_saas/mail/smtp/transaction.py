"""One message to one recipient over an open session: envelope, body, `before_dot`, dot."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from relay_saas.mail.exceptions import MailError
from relay_saas.mail.replies import Reply, Stage
from relay_saas.mail.smtp.limits import BLOCK, Timeouts
from relay_saas.mail.smtp.outcome import Cause, Kind, Outcome, Peer, Tls, Veto
from relay_saas.mail.smtp.protocol import Lost, SmtpProtocol
from relay_saas.mail.smtp.truth import Answer, Decision, Step, answer_of, decide

Extensions = Mapping[str, tuple[str, ...]]

_PATH = re.compile(
    r'(?:"(?:[^"\\\x00-\x1f\x7f-\x9f]|\\[\x20-\x7e])*"|[^\s<>"\\@\x00-\x1f\x7f-\x9f]+)@[^\s<>"\\@\x00-\x1f\x7f-\x9f]+'
)


class BadMessage(MailError):
    """The envelope or the body holds bytes that must never be written."""

    reasons: ClassVar = {
        "bare_line_end": "the message has a bare CR or LF",
        "nul": "the message has a NUL",
        "mail_from": "the return path could end its command",
        "rcpt": "the recipient could end its command",
        "smtputf8_needed": "an address has non-ASCII characters and SMTPUTF8 was not asked for",
    }


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """One recipient's copy, composed and signed; never changed. Not frozen, which would triple its cost."""

    #: Empty for the null return path.
    mail_from: str
    rcpt: str
    #: The whole message with CRLF line ends, not dot-stuffed.
    data: bytes
    #: Whether an address or a header needs RFC 6531.
    smtputf8: bool = False
    #: Whoever composed `data` vouches for it: only CRLF line ends, no NUL, no line that begins with a dot,
    #: CRLF at the end. It is then written as it is, without a look at its bytes.
    clean: bool = False

    @property
    def size(self) -> int:
        """Octets, as declared by SIZE (RFC 1870)."""
        return len(self.data)

    def check(self) -> None:
        """Raise BadMessage for a bare CR or LF, a NUL, or an address that could end its command."""
        if not self.clean:
            _check_bytes(self.data)
        if self.mail_from and not _PATH.fullmatch(self.mail_from):
            raise BadMessage("mail_from")
        if not _PATH.fullmatch(self.rcpt):
            raise BadMessage("rcpt")
        if not self.smtputf8 and not (self.mail_from + self.rcpt).isascii():
            raise BadMessage("smtputf8_needed")


def _check_bytes(data: bytes) -> None:
    ends = data.count(b"\r\n")
    if data.count(b"\r") != ends or data.count(b"\n") != ends:
        raise BadMessage("bare_line_end")
    if b"\0" in data:
        raise BadMessage("nul")


def unsupported(message: Outgoing, extensions: Extensions) -> Reply | None:
    """Our own refusal of what this server cannot take, in a reply's form; None where it can."""
    if message.smtputf8 and "SMTPUTF8" not in extensions:
        return Reply(code=550, enhanced="5.6.7", lines=("the server does not offer SMTPUTF8",))
    if not message.data.isascii() and "8BITMIME" not in extensions:
        return Reply(code=554, enhanced="5.6.3", lines=("the server does not offer 8BITMIME",))
    limit = extensions.get("SIZE", ())
    if limit and limit[0].isascii() and limit[0].isdigit() and 0 < int(limit[0][:18]) < message.size:
        return Reply(code=552, enhanced="5.3.4", lines=(f"the server takes at most {limit[0][:18]} octets",))
    return None


def envelope(message: Outgoing, extensions: Extensions) -> tuple[bytes, bytes]:
    """The MAIL and RCPT commands with the parameters that this server offers."""
    parameters = ""
    if "SIZE" in extensions:
        parameters += f" SIZE={message.size}"
    if not message.data.isascii():
        parameters += " BODY=8BITMIME"
    if message.smtputf8:
        parameters += " SMTPUTF8"
    mail = f"MAIL FROM:<{message.mail_from}>{parameters}\r\n"
    return mail.encode(), f"RCPT TO:<{message.rcpt}>\r\n".encode()


def stuffed(data: bytes) -> bytes:
    """The body as it goes over the wire, without the final dot (RFC 5321 §4.5.2)."""
    body = data.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return body if not body or body.endswith(b"\r\n") else body + b"\r\n"


class Transaction:
    """The act of one transaction; `run` once."""

    __slots__ = (
        "_answers",
        "_lost",
        "_message",
        "_peer",
        "_pipelining",
        "_protocol",
        "_replies",
        "_reused",
        "_timeouts",
        "_timings",
        "_tls",
        "rcpt_commands",
        "reset",
    )

    #: Whether the body goes by BDAT.
    chunked = False

    def __init__(
        self,
        protocol: SmtpProtocol,
        timeouts: Timeouts,
        message: Outgoing,
        *,
        pipelining: bool,
        peer: Peer,
        tls: Tls | None,
        reused: int,
    ) -> None:
        self.rcpt_commands = 0
        #: Whether it ended behind a RSET that was answered.
        self.reset = False
        self._protocol = protocol
        self._timeouts = timeouts
        self._message = message
        self._pipelining = pipelining
        self._peer = peer
        self._tls = tls
        self._reused = reused
        self._timings: list[tuple[Stage, int]] = []
        self._answers: dict[Stage, Answer] = {}
        self._replies: dict[Stage, Reply] = {}
        self._lost: Lost | None = None

    async def run(
        self,
        before_dot: Callable[[], Awaitable[None]],
        before_data: Callable[[], None],
        *,
        extensions: Extensions,
        reset_first: bool,
    ) -> Outcome:
        """Speak the transaction to its end and leave the protocol usable or failed."""
        mail, rcpt = envelope(self._message, extensions)
        try:
            synchronised = await self._offer(mail, rcpt, before_data, reset_first=reset_first)
        except Veto as veto:
            # The next transaction begins with a RSET, which ends this one.
            return self._outcome(Kind.VETOED, _RCPT, detail=str(veto))
        answered = self._answers.get
        if not synchronised or (self._reused and answered(_MAIL) is Answer.LOST):
            return self._without_reply(Kind.NOT_ATTEMPTED, _MAIL, self._lost)
        decision = decide(answered(_MAIL, _UNASKED), answered(_RCPT, _UNASKED), answered(_DATA, _UNASKED))
        if decision.step is Step.SEND_BODY:
            return await self._complete(before_dot)
        if decision.step is Step.LONE_DOT:
            await self._lone_dot()
        elif decision.step is Step.CLOSE:
            self._protocol.fail(Lost(Cause.GARBAGE, "the replies do not fit together"))
        elif not await self._confirm(self._replies[decision.stage]):
            return self._unanswered(decision.stage)
        return self._refused(decision)

    async def _offer(
        self, mail: bytes, rcpt: bytes, before_data: Callable[[], None], *, reset_first: bool
    ) -> bool:
        """Collect the envelope's answers; False where RSET shows that the session is not in step."""
        # A late or doubled reply of the message before is caught by RSET, never by this one's MAIL.
        reset = b"RSET\r\n" if reset_first else b""
        if self._pipelining:
            self._protocol.send(b"%b%b%bDATA\r\n" % (reset, mail, rcpt), replies=3 + reset_first)
            self.rcpt_commands = 1
        elif reset_first:
            self._protocol.send(reset, replies=1)
        if reset_first and not await self._reset():
            return False
        times = self._timeouts
        steps = ((_MAIL, mail, times.mail), (_RCPT, rcpt, times.rcpt), (_DATA, b"DATA\r\n", times.data))
        for stage, command, seconds in steps:
            if not self._pipelining:
                if stage is _DATA:
                    before_data()
                self._protocol.send(command, replies=1)
                self.rcpt_commands += stage is _RCPT
            answer = await self._answer(stage, seconds)
            if answer is not _YES and (not self._pipelining or answer in _END):
                break
        return True

    async def _reset(self) -> bool:
        try:
            reply = await self._protocol.reply(self._timeouts.mail)
        except Lost as lost:
            self._lost = lost
            return False
        if not reply.positive:
            cause = Cause.CLOSED if reply.code == 421 else Cause.SURPLUS
            self._lost = self._protocol.fail(Lost(cause, str(reply)))
        return reply.positive

    async def _confirm(self, refusal: Reply) -> bool:
        """RSET after a refusal; False where its reply shows that the replies had slipped."""
        self._protocol.send(b"RSET\r\n", replies=1)
        if await self._reset():
            self.reset = True
            return True
        slipped = self._lost is not None and self._lost.cause in {Cause.SURPLUS, Cause.GARBAGE}
        # A host that says the same to every command has not slipped, it has blocked us.
        return not slipped or (self._lost is not None and self._lost.detail == str(refusal))

    async def _answer(self, stage: Stage, seconds: float) -> Answer:
        now = self._protocol.loop.time
        began = now()
        try:
            reply = await self._protocol.reply(seconds)
        except Lost as lost:
            self._lost = lost
            answer = Answer.ODD if lost.cause is Cause.GARBAGE else Answer.LOST
        else:
            self._replies[stage] = reply
            answer = answer_of(stage, reply)
        self._answers[stage] = answer
        self._timings.append((stage, round((now() - began) * 1000)))
        return answer

    async def _complete(self, before_dot: Callable[[], Awaitable[None]]) -> Outcome:
        """Body, flush, `before_dot`, dot; only after the dot can the message be in doubt."""
        try:
            await self._send_body()
            await before_dot()
            self._protocol.check()
        except Lost as lost:
            return self._without_reply(Kind.LOST_BEFORE_DATA, _DATA, lost)
        except Veto as veto:
            self._protocol.fail(Lost(Cause.CLOSED, "by us"))
            return self._outcome(Kind.VETOED, _DATA, detail=str(veto))
        self._protocol.send(b".\r\n", replies=1)
        answer = await self._answer(_DOT, self._timeouts.dot)
        if answer is Answer.CLOSING:
            self._protocol.fail(Lost(Cause.CLOSED, "421"))
        if answer in {Answer.LOST, Answer.ODD} or self._ambiguous():
            return self._in_doubt()
        return self._outcome(Kind.REPLY, _DOT, reply=self._replies[_DOT])

    def _ambiguous(self) -> bool:
        """Whether another reply came with the dot's: nobody knows which of the two is the dot's."""
        lost = self._protocol.lost
        if lost is None or lost.cause is not Cause.SURPLUS:
            return False
        same = lost.detail.startswith(str(self._replies[_DOT])[:60])
        return lost.detail[:3].isdigit() and lost.detail[:3] not in _GOODBYE and not same

    async def _send_body(self) -> None:
        """All of it; returns when nothing of it is left in our buffers."""
        body = self._message.data if self._message.clean else stuffed(self._message.data)
        if len(body) <= BLOCK:
            self._protocol.send(body, replies=0)
            await self._protocol.flushed(self._timeouts.block)
            return
        view = memoryview(body)
        for start in range(0, len(body), BLOCK):
            self._protocol.send(view[start : start + BLOCK], replies=0)
            await self._protocol.flushed(self._timeouts.block)

    async def _lone_dot(self) -> None:
        self._protocol.send(b".\r\n", replies=1)
        try:
            reply = await self._protocol.reply(self._timeouts.data)
        except Lost:
            return
        if reply.code == 421:
            self._protocol.fail(Lost(Cause.CLOSED, "421"))

    def _refused(self, decision: Decision) -> Outcome:
        if decision.trusted and self._answers[decision.stage] in REFUSALS:
            return self._outcome(Kind.REPLY, decision.stage, reply=self._replies[decision.stage])
        return self._unanswered(decision.stage)

    def _unanswered(self, stage: Stage) -> Outcome:
        """Before the dot without a reply that can be trusted."""
        said = " / ".join(str(reply) for reply in self._replies.values())
        lost = self._lost or Lost(Cause.GARBAGE, said)
        return self._outcome(Kind.LOST_BEFORE_DATA, stage, cause=lost.cause, detail=lost.detail or said)

    def _in_doubt(self) -> Outcome:
        odd = self._replies.get(_DOT)
        lost = self._lost or self._protocol.fail(Lost(Cause.GARBAGE, str(odd)))
        return self._without_reply(Kind.IN_DOUBT, _DOT, lost)

    def _without_reply(self, kind: Kind, stage: Stage, lost: Lost | None) -> Outcome:
        cause, detail = (lost.cause, lost.detail) if lost is not None else (None, "")
        return self._outcome(kind, stage, cause=cause, detail=detail)

    def _outcome(
        self,
        kind: Kind,
        stage: Stage,
        *,
        reply: Reply | None = None,
        cause: Cause | None = None,
        detail: str = "",
    ) -> Outcome:
        return Outcome(
            kind=kind,
            stage=stage,
            peer=self._peer,
            reply=reply,
            cause=cause,
            detail=detail,
            timings=tuple(self._timings),
            tls=self._tls,
            reused=self._reused,
            pipelined=self._pipelining,
            chunked=self.chunked,
        )


# Members of an enumeration are looked up slowly, and these are needed for every message.
_MAIL, _RCPT, _DATA, _DOT = Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT
_YES, _UNASKED = Answer.YES, Answer.UNASKED
#: Answers that are an outcome.
REFUSALS = frozenset({Answer.LATER, Answer.NEVER, Answer.CLOSING})
#: Said unasked by servers that close after a message.
_GOODBYE = frozenset({"221", "421"})
_END = frozenset({Answer.CLOSING, Answer.LOST, Answer.ODD})
