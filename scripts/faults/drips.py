"""R18: a receiver that says a byte every ten seconds and never ends its line."""

from relay_saas.mail.smtp.limits import Timeouts
from scripts.faults import gates
from scripts.faults.acts import Act
from scripts.faults.stage import Stage

#: Without PIPELINING each command waits for its own answer, and its deadline can be told apart.
DOMAIN = "onebyone.test"
AUDIENCE, TIMES = 120, 2
PAUSE = 10.0
#: Seconds that a deadline may be missed by.
SLACK = 5.0


def dripping(stage: Stage) -> None:
    """Each command's deadline is for its whole reply: bytes that trickle in do not move it."""
    limits = Timeouts()
    deadlines = {
        gates.CONNECT: limits.banner,
        gates.MAIL: limits.mail,
        gates.RCPT: limits.rcpt,
        gates.DATA: limits.data,
    }
    people = stage.audience(DOMAIN, AUDIENCE)
    acts = [Act(point=point, times=TIMES, words=b"2", pause=PAUSE) for point in deadlines]
    stage.proxy.acts = acts
    books = stage.send(people)
    stage.settle(books, seconds=2 * max(deadlines.values()))
    report = stage.account(people, books)
    stage.note(f"{report['states']}")
    for act in acts:
        deadline = deadlines[act.point]
        lasted = ", ".join(f"{seconds:.1f}" for seconds in act.lasted)
        stage.note(f"at {act.point}: left after {lasted} s, deadline {deadline:.0f} s")
        stage.check(len(act.lasted) == TIMES, f"void: {len(act.lasted)} at {act.point}")
        late = [seconds for seconds in act.lasted if abs(seconds - deadline) > SLACK]
        stage.check(not late, f"at {act.point} the deadline did not hold: {late}")
    stage.check(
        report["accepted"] == report["states"].get("delivered"), "counted and not taken, or taken twice"
    )
