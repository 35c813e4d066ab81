"""R06-post: kill -9 of the web server while programs post mail."""

from scripts.faults.stage import Stage
from scripts.product_run.web_killing import CONNECTIONS, Posted, judge, kill_web, posters

DOMAIN = "steady.test"
KILLS = 100
#: A kill that hits nobody is not counted; so many in all.
MOST_KILLS = 130


def web_killed_in_post(stage: Stage) -> None:
    """What was answered is sent once; a key is answered once whatever happens; nothing is written by half."""
    product, hits = stage.product, 0
    clients = posters(product, domain=DOMAIN)
    clients.start(CONNECTIONS)
    try:
        while hits < KILLS and stage.result.figures["kills"] < MOST_KILLS:
            hits += kill_web(product, clients, stage.chance)
            stage.result.figures["kills"] += 1
    finally:
        clients.stop()
    stage.mend()
    posted = judge(product, clients)
    stage.note(f"{hits} of {stage.result.figures['kills']} kills broke requests off: {len(clients.broken)}")
    stage.note(", ".join(f"{name} {n}" for name, n in sorted(clients.counts.items())))
    stage.note(f"without a key and an answer: {posted.whole} written whole, {posted.none} not at all")
    stage.note(f"a key waited for its answer for {clients.longest:.1f} s at most")
    stage.check(hits >= KILLS, f"void: {hits} kills hit a request")
    stage.check(clients.counts["replayed"], "void: no request was cut between its commit and its answer")
    stage.check(not clients.refused, f"refused: {clients.refused[:3]}")
    stage.check(not posted.faults, str(posted.faults))
    _count(stage, posted)


def _count(stage: Stage, posted: Posted) -> None:
    figures = stage.result.figures
    figures["audience"] += len(posted.answered)
    figures["accepted"] += len(posted.answered - set(posted.undelivered))
    figures["lost"] += len(posted.answered & {*posted.lost, *posted.undelivered})
    figures["duplicate_unexplained"] += len({*posted.doubled, *posted.delivered_twice})
