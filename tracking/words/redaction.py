"""A step as strangers may read it: no address, no token, no values for programs."""

from dataclasses import replace

from relay_saas.mail.masking import mask_text
from tracking.words.step import Step


def redacted(step: Step, recipient: str) -> Step:
    """The step without what names a person; the Message-ID stays, it is what the reader looks for."""
    people = (recipient,)
    facts = step.facts if step.kind == "rendered" else tuple(mask_text(fact, people) for fact in step.facts)
    return replace(
        step,
        text=mask_text(step.text, people),
        facts=facts,
        reply=mask_text(step.reply, people),
        transcript=mask_text(step.transcript, people),
        details={},
    )
