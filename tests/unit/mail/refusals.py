"""Replies of mail servers with the class that a person gave them (tests/data/refusals)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from relay_saas.mail.bounces import Category, Disposition, Verdict, classify
from relay_saas.mail.replies import Reply, Stage, parse_text

FOLDER = Path(__file__).parents[2] / "data" / "refusals"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reply and what it means."""

    where: str
    host: str
    stage: Stage
    reply: Reply
    category: Category
    disposition: Disposition

    @property
    def verdict(self) -> Verdict:
        """What the table says."""
        return classify(self.reply, self.stage, self.host)

    @property
    def right(self) -> bool:
        """Whether the table says the same."""
        verdict = self.verdict
        return (verdict.category, verdict.disposition) == (self.category, self.disposition)


def refusals() -> Iterator[Refusal]:
    """All samples, in the order of the files."""
    for path in sorted(FOLDER.glob("*.txt")):
        host, stage = "", Stage.RCPT
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.startswith("["):
                host, _, name = line[1:-1].rpartition(" ")
                stage = Stage(name)
            elif line and not line.startswith("#"):
                yield _refusal(f"{path.name}:{number}", host, stage, line)


def _refusal(where: str, host: str, stage: Stage, line: str) -> Refusal:
    head, _, text = line.partition(": ")
    category, _, word = head.partition(" ")
    reply = parse_text(text.replace("\\n", "\n"))
    as_code = Disposition.FAIL if reply.permanent else Disposition.RETRY
    return Refusal(where, host, stage, reply, Category(category), Disposition(word) if word else as_code)


def confusion(wrong: Sequence[Refusal]) -> str:
    """What was taken for what, how often, and each reply with the row that misled."""
    pairs = Counter((one.category, one.verdict.category) for one in wrong)
    lines = [f"{count:4} {meant} taken for {taken}" for (meant, taken), count in pairs.most_common()]
    for one in wrong:
        verdict = one.verdict
        lines.append(
            f"{one.where} {one.category} {one.disposition}, but {verdict.rule} says {verdict.category} "
            f"{verdict.disposition}: {one.reply}"
        )
    return "\n".join(lines)
