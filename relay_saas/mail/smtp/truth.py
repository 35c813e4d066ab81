"""What the three replies of an envelope mean together: the next step, and whose answer is the outcome."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from relay_saas.mail.replies import Reply, Stage


class Answer(StrEnum):
    """What came back for one command, as far as the decision needs it."""

    YES = "2xx"
    GO = "354"
    LATER = "4xx"
    NEVER = "5xx"
    CLOSING = "421"
    #: A code that cannot answer this command, or bytes that are no reply: the count is off.
    ODD = "odd"
    #: The command was not sent.
    UNASKED = "unasked"
    #: Sent, and no answer came.
    LOST = "lost"


class Step(StrEnum):
    """What the session does next."""

    SEND_BODY = "send_body"
    #: The server waits for a body that has no recipient: end it, its reply is nobody's outcome.
    LONE_DOT = "lone_dot"
    RSET = "rset"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The next step and the stage whose answer is the outcome; DOT means that the body's reply will be it."""

    step: Step
    stage: Stage
    #: False where the answers do not fit together: none of them is anybody's outcome.
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; the first line that holds all three answers decides."""

    mail: frozenset[Answer]
    rcpt: frozenset[Answer]
    data: frozenset[Answer]
    step: Step
    stage: Stage
    trusted: bool = True


_ANY = frozenset(Answer)
_YES = frozenset({Answer.YES})
_GO = frozenset({Answer.GO})
_NO = frozenset({Answer.LATER, Answer.NEVER})
_SILENT = frozenset({Answer.UNASKED})
_GONE = frozenset({Answer.CLOSING, Answer.LOST})
_BROKEN = _ANY - _YES - _NO

TABLE: tuple[Row, ...] = (
    # MAIL refused: the recipient is untouched. Whoever then takes RCPT has lost count.
    Row(_NO, _NO | _SILENT, _NO | _SILENT, Step.RSET, Stage.MAIL),
    Row(_NO, _NO | _GONE, _ANY - {Answer.ODD}, Step.CLOSE, Stage.MAIL),
    Row(_NO, _ANY, _ANY, Step.CLOSE, Stage.MAIL, trusted=False),
    Row(_BROKEN, _ANY, _ANY, Step.CLOSE, Stage.MAIL),
    # RCPT refused: what DATA says is about the empty envelope.
    Row(_YES, _NO, _GO, Step.LONE_DOT, Stage.RCPT),
    Row(_YES, _NO, _NO | _SILENT, Step.RSET, Stage.RCPT),
    Row(_YES, _NO, _GONE, Step.CLOSE, Stage.RCPT),
    Row(_YES, _NO, _ANY, Step.CLOSE, Stage.RCPT, trusted=False),
    Row(_YES, _BROKEN, _ANY, Step.CLOSE, Stage.RCPT),
    # The envelope stands.
    Row(_YES, _YES, _GO, Step.SEND_BODY, Stage.DOT),
    Row(_YES, _YES, _NO, Step.RSET, Stage.DATA),
    Row(_YES, _YES, _ANY, Step.CLOSE, Stage.DATA),
)


@cache
def decide(mail: Answer, rcpt: Answer, data: Answer) -> Decision:
    """The decision of the first row that matches; the table is total."""
    row = next(row for row in TABLE if mail in row.mail and rcpt in row.rcpt and data in row.data)
    return Decision(step=row.step, stage=row.stage, trusted=row.trusted)


def answer_of(stage: Stage, reply: Reply) -> Answer:
    """A reply as the answer to the command of its stage (MAIL, RCPT, DATA or DOT)."""
    if reply.code == 421:
        return Answer.CLOSING
    if reply.code >= 400:
        return Answer.NEVER if reply.permanent else Answer.LATER
    if stage is Stage.DATA:
        return Answer.GO if reply.code == 354 else Answer.ODD
    return Answer.YES if reply.positive else Answer.ODD
