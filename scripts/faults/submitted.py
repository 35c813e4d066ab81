"""R06: kill -9 of the submission server while programs hand in mail."""

import json
import os
import signal

from scripts.faults.stage import Stage
from scripts.product_run.product import run_python
from scripts.product_run.submitters import Submitters
from scripts.product_run.waiting import until

DOMAIN = "steady.test"
KILLS = 100
SESSIONS = 10
#: Answers between two kills.
FEWEST, MOST = 3, 20
_ACCEPTED = """
select m.rcpt, count(*) from delivery_message m join delivery_submission s on s.id = m.submission_id
where s.channel = 'smtp' group by m.rcpt
"""
_OPEN = """
select count(*) from delivery_queueentry q join delivery_message m on m.id = q.message_id
join delivery_submission s on s.id = m.submission_id where s.channel = 'smtp'
"""


def submission_killed(stage: Stage) -> None:
    """What was answered is sent once; what was not is handed in again, and sent once as well."""
    product = stage.product
    told = json.loads(run_python("-m", "scripts.product_run.credential", environment=product.environment))
    submitters = Submitters(
        port=product.ports.submission_tls,
        username=told["username"],
        password=told["password"],
        sender=f"shop@{product.cast.domain}",
        domain=DOMAIN,
    )
    submitters.start(SESSIONS)
    try:
        for _ in range(KILLS):
            wanted = len(submitters.answered) + stage.chance.randrange(FEWEST, MOST)
            until(lambda wanted=wanted: len(submitters.answered) >= wanted, what="answers")  # type: ignore[misc]
            os.killpg(product.process("submission").record.pid, signal.SIGKILL)
            product.process("submission").popen.wait()
            product.respawn("submission")
            stage.result.figures["kills"] += 1
    finally:
        submitters.stop()
    _judge(stage, submitters)


def _judge(stage: Stage, submitters: Submitters) -> None:
    owner = stage.product.owner
    accepted = dict(owner.execute(_ACCEPTED).fetchall())
    answered = set(submitters.answered)
    stage.note(f"{len(answered)} answered, {submitters.repeated} handed in again")
    stage.check(not submitters.refused, f"refused: {submitters.refused[:3]}")
    stage.check(submitters.repeated >= KILLS, "void: nobody was cut off")
    stage.check(not answered - set(accepted), f"lost: {sorted(answered - set(accepted))[:3]}")
    stage.check(set(accepted.values()) == {1}, "a message was accepted twice")
    until(lambda: _settled(stage), seconds=180, what="the end of the queue")
    copies = [copy.rcpt for copy in stage.receivers().copies(*answered)]
    stage.result.figures["audience"] += len(answered)
    stage.result.figures["accepted"] += len(set(copies))
    stage.result.figures["lost"] += len(answered - set(copies))
    stage.result.figures["duplicate_unexplained"] += len(copies) - len(set(copies))
    stage.check(set(copies) == answered, f"not delivered: {sorted(answered - set(copies))[:3]}")
    stage.check(len(copies) == len(set(copies)), "delivered twice")


def _settled(stage: Stage) -> bool:
    stage.mend()
    row = stage.product.owner.execute(_OPEN).fetchone()
    return row is not None and row[0] == 0
