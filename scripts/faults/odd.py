"""R12–R21, R31, R33: receivers that break off, answer nonsense or late, and messages that cannot be sent."""

from scripts.faults import gates
from scripts.faults.acts import BEFORE_DOT, BINARY, HTML, HUGE, LATER, Act
from scripts.faults.red_switch import LIFT, SUSPEND
from scripts.faults.stage import IN_DOUBT, Stage
from scripts.product_run.waiting import until

DOMAIN = "steady.test"
TIMES = 3
#: What a worker's child may grow by while it reads nonsense, and the longest reply that is kept.
GROWTH, LONGEST_REPLY = 50_000_000, 1000
_SPOIL = """
update delivery_message set merge = '[1]' where id in (
  select id from delivery_message where campaign_id = %s order by id limit 3)
"""
_DOUBT_POLICIES = "select count(*) from delivery_policystate where rule = 'doubt' and action = 'suspend'"


def said_later(stage: Stage) -> None:
    """421 to the greeting, MAIL, RCPT, DATA and the dot: all are delivered after it, once."""
    points = (gates.CONNECT, gates.MAIL, gates.RCPT, gates.DATA, BEFORE_DOT)
    _all_delivered(stage, [Act(point=point, times=TIMES, words=LATER) for point in points])


def closed_in_data(stage: Stage) -> None:
    """The connection ends before 354 and at the first bytes of the message: never counted as sent.

    Where the client has written its dot before it notices, it cannot know, and the message is in doubt.
    """
    people = stage.audience(DOMAIN, 200)
    acts = [Act(point=gates.DATA, times=TIMES), Act(point=gates.BODY, times=TIMES)]
    stage.proxy.acts = acts
    books = stage.send(people)
    stage.settle(books)
    doubts = books.in_state(IN_DOUBT) & set(acts[1].to or [])
    report = stage.account(people, books, doubts=doubts)
    stage.note(f"{report['states']}, closed {[act.to and len(act.to) for act in acts]}")
    stage.check(
        report["accepted"] == report["states"].get("delivered"), "counted and not taken, or taken twice"
    )
    stage.check(not any(act.times for act in acts), "void: not all were closed")


def closed_after_dot(stage: Stage) -> None:
    """The connection ends after the dot: each is in doubt, none is sent again, and the site is suspended."""
    people = stage.audience(DOMAIN, 200)
    act = Act(point=gates.DOT, times=9)
    stage.proxy.acts = [act]
    books = stage.send(people)
    until(lambda: act.times == 0, seconds=120, what="nine lost answers")
    suspended = stage.product.owner.execute(_DOUBT_POLICIES).fetchone()
    stage.check(suspended and suspended[0], "three lost answers in a row did not suspend the site")
    stage.settle(books)
    report = stage.account(people, books, doubts=set(act.to or []))
    stage.check(not report["duplicate_explained"], "sent again after a doubt")


def nonsense(stage: Stage) -> None:
    """A reply of a megabyte, of bytes, of HTML: no memory, no long text, no doubt."""
    people = stage.audience(DOMAIN, 200)
    before = {child.pid: child.memory_info().rss for child in stage.children()}
    stage.proxy.acts = [
        Act(point=gates.MAIL, times=TIMES, words=HUGE),
        Act(point=gates.RCPT, times=TIMES, words=BINARY),
        Act(point=gates.MAIL, times=3, words=HTML),
    ]
    books = stage.send(people)
    stage.settle(books)
    report = stage.account(people, books)
    for child in stage.children():
        if child.pid in before:
            growth = child.memory_info().rss - before[child.pid]
            stage.note(f"process {child.pid} grew by {growth / 1e6:.0f} MB")
            stage.check(growth < GROWTH, f"a worker grew by {growth / 1e6:.0f} MB")
    longest = stage.product.owner.execute("select max(length(text)) from delivery_reply").fetchone()
    stage.note(f"{report['states']}, longest reply kept {longest and longest[0]}")
    stage.check(not longest or (longest[0] or 0) <= LONGEST_REPLY, "a reply was kept at length")


def one_slow_domain(stage: Stage) -> None:
    """One domain answers no dot at all: the other's campaign comes to its end meanwhile."""
    slow, fast = stage.audience("deliberate.test", 200), stage.audience(DOMAIN, 300)
    gate = stage.proxy.gate(gates.DOT, 1000)
    slow_books = stage.send(slow)
    until(lambda: len(gate.held) >= 6, seconds=60, what="held answers")
    # What is held stays held; the fast domain's answers pass.
    gate.places = len(gate.held)
    fast_books = stage.send(fast)
    stage.settle(fast_books, seconds=120)
    stage.check(not gate.opened.is_set() and slow_books.open > 0, "void: the slow domain was not slow")
    gate.open()
    stage.settle(slow_books, seconds=180)
    stage.account(fast, fast_books)
    stage.account(slow, slow_books)


def poison(stage: Stage) -> None:
    """One row in a hundred has been spoilt, so that it cannot be made: those fail alone, nothing restarts."""
    people = stage.audience(DOMAIN, 300)
    children = {child.pid for child in stage.children()}
    owner = stage.product.owner
    owner.execute(SUSPEND)
    books = stage.send(people)
    until(lambda: books.audience, seconds=60, what="the launch")
    owner.execute(_SPOIL, [books.campaign])
    owner.execute(LIFT)
    stage.settle(books)
    report = stage.account(people, books)
    stage.note(str(report["states"]))
    stage.check(report["states"] == {"delivered": 297, "failed": 3}, "not the poisoned ones alone failed")
    restarted = children - {child.pid for child in stage.children()}
    stage.check(not restarted, f"{len(restarted)} children were replaced")


def broken_tls(stage: Stage) -> None:
    """A certificate that has expired, and no STARTTLS at all: opportunistic delivery goes on."""
    people = stage.audience("expired.test", 100)
    books = stage.send(people)
    stage.settle(books)
    report = stage.account(people, books)
    stage.check(report["states"] == {"delivered": 100}, f"{report['states']}")


def _all_delivered(stage: Stage, acts: list[Act]) -> None:
    people = stage.audience(DOMAIN, 200)
    stage.proxy.acts = acts
    books = stage.send(people)
    stage.settle(books)
    report = stage.account(people, books)
    struck = {act.point: TIMES - act.times for act in acts}
    stage.note(f"{report['states']} after {struck}")
    stage.check(all(struck.values()), f"void: {struck}")
    stage.check(report["states"] == {"delivered": 200}, f"{report['states']}")
