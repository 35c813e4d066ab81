"""From the outcome of a transaction to what it means: a class, and whether to try again."""

from relay_saas.mail.bounces import Category, Disposition, Verdict, classify
from relay_saas.mail.smtp.outcome import Kind, Outcome


def verdict_of(outcome: Outcome) -> Verdict | None:
    """The verdict on a refusal or a loss.

    None where there is nothing to judge: delivered, in doubt, vetoed, or not attempted at all.
    """
    if outcome.delivered or outcome.kind in {Kind.IN_DOUBT, Kind.VETOED, Kind.NOT_ATTEMPTED}:
        return None
    if outcome.reply is not None:
        return classify(outcome.reply, outcome.stage, outcome.peer.host)
    rule = f"lost-{outcome.stage}-{outcome.cause}"
    return Verdict(category=Category.NETWORK_TEMP, disposition=Disposition.RETRY, rule=rule)
