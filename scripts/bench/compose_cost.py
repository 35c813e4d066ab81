"""What composing one message costs, by stage, in microseconds of CPU and as a share of an RSA-2048 signature.

`python -m scripts.bench.compose_cost` prints a table; it needs no database and no network.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import django
from django.conf import settings

if not settings.configured:
    # the models are imported, no database is used
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "accounts", "campaigns", "delivery",
        ],
        AUTH_USER_MODEL="accounts.User",
    )  # fmt: skip
    django.setup()

from delivery.engine.compose import Composer, Names
from delivery.engine.content import Prepared, prepare
from delivery.engine.job import Job
from delivery.engine.sign import sign
from delivery.models.stream import Stream
from relay_saas.mail.dkim import Algorithm, SigningKey, generate_key, load_key
from relay_saas.mail.message import Letter
from relay_saas.mail.tokens import TokenKeys

LINKS = 8
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DOMAIN = "news.acme.test"
ALGORITHMS: tuple[tuple[str, Algorithm], ...] = (("r1", "rsa-sha256"), ("e1", "ed25519-sha256"))
PARAGRAPH = (
    "<tr><td style='padding:12px 24px'><h2>{{ contact.first_name | default: 'Friend' }}, offer %d</h2>"
    "<p>Autumn is here, and with it the new collection: warm colours and soft wool.</p>\n"
    "<p>Every order of this week comes with free delivery to {{ contact.city }}.</p>\n"
    "<a href='{{ relay_link[%d] }}' style='background:#0a6ebd;color:#fff'>See the offer</a></td></tr>\n"
)
LINE = "Offer %d for {{ contact.first_name | default: 'you' }}:\n{{ relay_link[%d] }}\n\n"


def content(*, signatures: int = 2) -> Prepared:
    """A campaign's content: about 10 KB of HTML and text, eight tracked links, merge fields."""
    html = "".join(PARAGRAPH % (number, number) for number in range(LINKS))
    keys = [
        load_key(domain=DOMAIN, selector=selector, algorithm=algorithm, pem=generate_key(algorithm)[0])
        for selector, algorithm in ALGORITHMS[:signatures]
    ]
    row = {
        "from_name": "Acme",
        "from_address": f"news@{DOMAIN}",
        "reply_to": f"desk@{DOMAIN}",
        "subject": "{{ contact.first_name }}, your autumn offers",
        "html": f"<html><body><table>{html}</table><p>{'Terms apply. ' * 200}</p>\n"
        "<p>{{ sender.legal_name }} <a href='{{ unsubscribe_url }}'>Unsubscribe</a></p>"
        "<img src='{{ relay_pixel }}' alt=''></body></html>\n",
        "text": "".join(LINE % (number, number) for number in range(LINKS)) + "{{ unsubscribe_url }}\n",
        "is_template": True,
        "links": LINKS,
        "name": "Acme",
        "legal_name": "Acme K.K.",
        "postal_address": "1-1-1 Chiyoda, Tokyo",
        "contact_address": "",
        "domain_name": DOMAIN,
        "mailing_list_id": 4,
        "list_name": "Acme news",
        "headers": [],
        "attachments": [],
    }
    return prepare(row, keys)


def jobs(count: int) -> list[Job]:
    """Recipients of one campaign."""
    return [
        Job(
            tenant_id=UUID(int=1),
            tenant_number=7,
            message_id=UUID(int=number + (1 << 100)),
            fence=1,
            lane_id=1,
            pool_id=1,
            source_id=None,
            site_id=1,
            provider_id=1,
            domain=f"mail{number % 20}.test",
            stream=Stream.MARKETING.value,
            campaign_id=5,
            contact_id=number,
            content_id=2,
            rcpt=f"user{number}@mail{number % 20}.test",
            rcpt_key=f"user{number}@mail{number % 20}.test",
            merge={
                "contact": {
                    "email": f"user{number}@mail.test",
                    "first_name": f"Ann {number}",
                    "city": "Kyoto",
                }
            },
            attempts=0,
            doubts=0,
            dated_at=None,
            due_at=NOW,
            expires_at=NOW + timedelta(days=2),
        )
        for number in range(count)
    ]


def cost(work: Callable[[Job], object], people: list[Job], rounds: int = 5) -> float:
    """Microseconds of CPU per message: the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        for job in people:
            work(job)
        best = min(best, time.process_time() - began)
    return best / len(people) * 1e6


def measure(count: int = 400) -> dict[str, float]:
    """Stage -> microseconds of CPU per message; `ratio` is all but the signatures over one RSA signature."""
    people = jobs(count)
    unsigned, rsa, both = content(signatures=0), content(signatures=1), content(signatures=2)
    composer = Composer(token_keys=TokenKeys({1: b"k" * 32}, 1), edge_scheme="https", edge_port="")
    for job in people[:30]:
        for prepared in (unsigned, rsa, both):
            composer.compose(job, prepared, dated_at=NOW)
    letters: dict[UUID, Letter] = {job.message_id: Names(job, both, composer).letter(NOW) for job in people}
    contexts = {job.message_id: Names(job, both, composer).context() for job in people}

    def merge(job: Job) -> object:
        context = contexts[job.message_id]
        return [piece if isinstance(piece, bytes) else piece.octets(context) for piece in both.form.pieces]

    def hash_and_head(job: Job) -> object:
        return sign(letters[job.message_id], (), job, at=int(NOW.timestamp()))

    stages = {
        "tokens": cost(lambda job: composer.tokens(job, both, marketing=True), people),
        "merge and encode": cost(merge, people),
        "letter (tokens, merge, headers)": cost(lambda job: Names(job, both, composer).letter(NOW), people),
        "hash, canonical header": cost(hash_and_head, people),
        "all but signatures": cost(lambda job: composer.compose(job, unsigned, dated_at=NOW), people),
        "with RSA": cost(lambda job: composer.compose(job, rsa, dated_at=NOW), people),
        "with RSA and Ed25519": cost(lambda job: composer.compose(job, both, dated_at=NOW), people),
        "RSA alone": _alone(rsa.keys[0], people),
        "Ed25519 alone": _alone(both.keys[1], people),
        "octets": float(len(composer.compose(people[0], both, dated_at=NOW).data)),
    }
    own = stages["with RSA and Ed25519"] - stages["RSA alone"] - stages["Ed25519 alone"]
    return stages | {"composing beside the signatures": own, "ratio": own / stages["RSA alone"]}


def _alone(key: SigningKey, people: list[Job]) -> float:
    data = b"x" * 900
    return cost(lambda _: key.sign(data), people)


def main() -> None:
    """Print the table."""
    figures = measure()
    rsa = figures["RSA alone"]
    for stage, value in figures.items():
        unit = "" if stage in ("octets", "ratio") else f" µs  {value / rsa:5.2f} of RSA"
        sys.stdout.write(f"{stage:34} {value:9.2f}{unit}\n")


if __name__ == "__main__":
    main()
