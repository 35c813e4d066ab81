"""A transaction by BDAT instead of DATA: the body goes with the envelope, the last chunk is the dot.

RFC 3030. With DATA, the 354 shows that the replies are in step; here the reply to the chunk does, by naming
its octets. Carefully, that reply is awaited before the last chunk is written: two round trips, as with DATA.
Where a host has proven itself, all is on its way before the first answer is back.
"""

import re
from collections.abc import Awaitable, Callable
from enum import StrEnum

from relay_saas.mail.replies import Stage
from relay_saas.mail.smtp.limits import BLOCK
from relay_saas.mail.smtp.outcome import Cause, Kind, Outcome, Veto
from relay_saas.mail.smtp.protocol import Lost
from relay_saas.mail.smtp.transaction import REFUSALS, Extensions, Outgoing, Transaction, envelope
from relay_saas.mail.smtp.truth import Answer, Decision, Step, decide

#: Octets of the last chunk: the line end of the last line.
_TAIL = 2
#: Replies of a server that offers CHUNKING and does not know BDAT after all.
_NOT_KNOWN = frozenset({500, 501, 502, 503, 504})


class Chunking(StrEnum):
    """How far a host's CHUNKING is trusted."""

    NEVER = "never"
    #: From a session's second message on, two round trips each.
    CAREFUL = "careful"
    #: One round trip.
    PROVEN = "proven"


def fits(message: Outgoing) -> bool:
    """Whether a message can go in two chunks."""
    return _TAIL < message.size <= BLOCK and message.data.endswith(b"\r\n")


class ChunkedTransaction(Transaction):
    """`run` once, like any transaction; needs PIPELINING and CHUNKING, and a message that fits."""

    __slots__ = ("_wrote_last", "proven")

    chunked = True
    #: Whether the last chunk is written before the first answers are back.
    proven: bool
    #: From then on a message without a reply is in doubt.
    _wrote_last: bool

    async def run(
        self,
        before_dot: Callable[[], Awaitable[None]],
        before_data: Callable[[], None],
        *,
        extensions: Extensions,
        reset_first: bool,
    ) -> Outcome:
        """Speak the transaction to its end and leave the protocol usable or failed."""
        self._wrote_last = False
        try:
            # The last look comes before anything is written, as with pipelining there is no later one.
            before_data()
            self._send_all_but_the_last(extensions, reset_first=reset_first)
            if self.proven:
                await self._send_last(before_dot)
            in_step = not reset_first or await self._reset()
            decision = await self._decision() if in_step else None
            if decision is not None and decision.step is Step.SEND_BODY and not self._wrote_last:
                await self._send_last(before_dot)
        except Veto as veto:
            self._protocol.fail(Lost(Cause.CLOSED, "by us"))
            return self._outcome(Kind.VETOED, Stage.DATA, detail=str(veto))
        if self._wrote_last:
            await self._answer(Stage.DOT, self._timeouts.dot)
        if decision is not None and self._is_refusal(decision):
            return await self._refused_by(decision)
        return self._judged(decision) if self._wrote_last else self._not_sent(decision)

    def _send_all_but_the_last(self, extensions: Extensions, *, reset_first: bool) -> None:
        mail, rcpt = envelope(self._message, extensions)
        reset = b"RSET\r\n" if reset_first else b""
        head = memoryview(self._message.data)[:-_TAIL]
        command = b"BDAT %d\r\n" % len(head)
        self._protocol.send(b"".join((reset, mail, rcpt, command, head)), replies=3 + reset_first)
        self.rcpt_commands = 1

    async def _send_last(self, before_dot: Callable[[], Awaitable[None]]) -> None:
        """Flush, `before_dot`, the last chunk; a loss before it is noted, and answers may still be there."""
        try:
            await self._protocol.flushed(self._timeouts.block)
            await before_dot()
            self._protocol.check()
        except Lost as lost:
            self._lost = lost
            return
        self._wrote_last = True
        self._protocol.send(b"BDAT %d LAST\r\n%b" % (_TAIL, self._message.data[-_TAIL:]), replies=1)

    async def _decision(self) -> Decision:
        """What the answers to MAIL, RCPT and the chunk mean together."""
        times = self._timeouts
        for stage, seconds in ((Stage.MAIL, times.mail), (Stage.RCPT, times.rcpt), (Stage.DATA, times.data)):
            if await self._answer(stage, seconds) in {Answer.CLOSING, Answer.LOST}:
                break
        chunk = self._replies.get(Stage.DATA)
        if chunk is not None and chunk.positive:
            octets = str(self._message.size - _TAIL)
            in_step = re.search(rf"\b{octets}\b", chunk.text) is not None
            self._answers[Stage.DATA] = Answer.GO if in_step else Answer.ODD
        answered = self._answers.get
        return decide(
            answered(Stage.MAIL, Answer.UNASKED),
            answered(Stage.RCPT, Answer.UNASKED),
            answered(Stage.DATA, Answer.UNASKED),
        )

    def _is_refusal(self, decision: Decision) -> bool:
        answered = self._answers.get(decision.stage)
        return decision.step is not Step.SEND_BODY and decision.trusted and answered in REFUSALS

    async def _refused_by(self, decision: Decision) -> Outcome:
        reply = self._replies[decision.stage]
        if decision.step is Step.CLOSE:
            self._protocol.fail(Lost(Cause.CLOSED, str(reply)))
        elif not self._wrote_last and not await self._confirm(reply):
            return self._unanswered(decision.stage)
        if decision.stage is Stage.DATA and reply.code in _NOT_KNOWN and not self._wrote_last:
            lost = self._protocol.fail(Lost(Cause.GARBAGE, str(reply)))
            return self._without_reply(Kind.NOT_ATTEMPTED, Stage.DATA, lost)
        return self._outcome(Kind.REPLY, decision.stage, reply=reply)

    def _judged(self, decision: Decision | None) -> Outcome:
        """The last chunk was written: its reply is the outcome where all before it was in order."""
        last = self._answers.get(Stage.DOT)
        in_order = decision is not None and decision.step is Step.SEND_BODY
        if not in_order or last in {None, Answer.LOST, Answer.ODD} or self._ambiguous():
            return self._in_doubt()
        if last is Answer.CLOSING:
            self._protocol.fail(Lost(Cause.CLOSED, "421"))
        return self._outcome(Kind.REPLY, Stage.DOT, reply=self._replies[Stage.DOT])

    def _not_sent(self, decision: Decision | None) -> Outcome:
        odd_chunk = self._answers.get(Stage.DATA) is Answer.ODD
        unheard = self._reused and self._answers.get(Stage.MAIL) in {None, Answer.LOST}
        lost = self._lost or self._protocol.fail(Lost(Cause.GARBAGE, "the replies do not fit together"))
        self._protocol.fail(lost)
        if decision is None or unheard or odd_chunk:
            return self._without_reply(Kind.NOT_ATTEMPTED, Stage.DATA if odd_chunk else Stage.MAIL, lost)
        return self._unanswered(decision.stage)
