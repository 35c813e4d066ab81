"""The way of one message, step by step: a sentence in plain words for each, and what to do next."""

from collections.abc import Sequence

from delivery.selectors.story import Story
from tracking.models import Engagement
from tracking.selectors.message_calls import MessageCall
from tracking.words.attempts import attempt_step
from tracking.words.calls import call_step
from tracking.words.origins import accepted_step, rendered_step, signed_step
from tracking.words.reactions import reaction_step
from tracking.words.routes import routed_step, suppression_step, waiting_step
from tracking.words.step import Step


def steps_of(
    story: Story,
    engagements: Sequence[Engagement] = (),
    calls: Sequence[MessageCall] = (),
    *,
    private: bool = True,
) -> list[Step]:
    """From acceptance to now, in the order of the way.

    `calls` are the webhook calls about it. Without `private` nothing is told of what the message says, of
    who handed it in, or of what the person did.
    """
    steps = [
        accepted_step(story, private=private),
        rendered_step(story, private=private),
        signed_step(story),
        routed_step(story),
        *(attempt_step(one, story.transcripts.get(one.number, "")) for one in story.attempts),
    ]
    if story.entry is not None:
        steps.append(waiting_step(story, story.entry))
    if private:
        steps += [suppression_step(one, story) for one in story.suppressions]
        steps += [reaction_step(one) for one in engagements]
        steps += [call_step(one) for one in calls]
    return steps


def summary_of(steps: Sequence[Step]) -> Step:
    """The step that says where the message stands now: the wait, else the last attempt, else the first."""
    waits = [step for step in steps if step.kind in {"waiting", "attempt"}]
    return waits[-1] if waits else steps[0]
