"""R05, R32: what people do in the midst of a campaign, and a web server that dies while they do it."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException

from scripts.faults.stage import Stage
from scripts.product_run.accounting import write_stopped
from scripts.product_run.api import Api
from scripts.product_run.campaigns import write_campaign
from scripts.product_run.waiting import Missing, until

DOMAIN = "steady.test"
GRACE = 5.0
POSTS = 300


def paused_and_cancelled(stage: Stage) -> None:
    """Pause holds, resume goes on, cancel ends: nothing is offered five seconds after the answer."""
    people = stage.audience(DOMAIN, 600)
    books = stage.send(people)
    for share, button in ((0.2, "pause"), (0.4, "cancel")):
        stage.in_flight(books, share)
        answered = stage.marketer.press(button, books)
        until(lambda at=answered: time.time() > at + GRACE + 3, seconds=20)  # type: ignore[misc]
        late = stage.receivers().offered_after(answered + GRACE)
        stage.check(not late, f"{len(late)} DATA later than {GRACE} s after {button}")
        if button == "pause":
            stage.check(books.open > 0, "void: nothing was left to pause")
            stage.marketer.press("resume", books)
    stage.settle(books)
    stopped = write_stopped(stage.product.data.root, dict.fromkeys(people.addresses, answered))
    report = stage.account(people, books, "--stopped", str(stopped))
    stage.note(str(report["states"]))
    stage.check(report["states"].get("cancelled"), "void: nothing was cancelled")


def _known(api: Api, submission: str) -> bool:
    try:
        return bool(api.status(submission))
    except KeyError:
        return False


def web_killed(stage: Stage) -> None:
    """kill -9 of the web server while programs post and people click: what was accepted is there, once."""
    product = stage.product
    api = Api(base_url=product.environment["RELAY_BASE_URL"], key=product.cast.api_key)
    people = stage.audience(DOMAIN, 60)
    books = write_campaign(product, people)
    accepted: list[str] = []

    def post(number: int) -> None:
        message = {
            "from": f"shop@{product.cast.domain}",
            "to": [f"buyer{number}@{DOMAIN}"],
            "subject": f"Order {number}",
            "text": "Thank you.",
        }
        with suppress(OSError, HTTPException, ValueError):
            status, document = api.send(message)
            if status < 300:
                accepted.append(document["id"])

    def click(_number: int) -> None:
        with suppress(OSError, HTTPException, Missing):
            stage.marketer.press("launch", books)

    child = product.process("web")
    with ThreadPoolExecutor(16) as clients:
        work = [clients.submit(one, number) for number in range(POSTS) for one in (post, click)]
        until(lambda: len(accepted) >= 5, seconds=30, what="the first answers")
        os.killpg(child.record.pid, signal.SIGKILL)
        for one in work:
            one.result()
    product.respawn("web")
    click(0)
    stage.note(f"{len(accepted)} of {POSTS} posts were accepted before the kill")
    stage.check(len(accepted) < POSTS, "void: the kill came too late")
    absent = [name for name in accepted if not _known(api, name)]
    stage.check(not absent, f"{len(absent)} were accepted and are not there: {absent[:3]}")
    stage.settle(books)
    launches = books.value("select count(*) from delivery_launch where campaign_id = %s", books.campaign)
    stage.check(launches == 1, f"{launches} launches")
    stage.account(people, books)
