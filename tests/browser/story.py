"""What the organizations of the browser tests hold: names, texts, figures."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from campaigns.models import Campaign
from delivery.models import AttemptState

State = Campaign.State
A = AttemptState

NAME = "日の出ストア オンライン事業部"
LIST = "メールマガジン会員(全国・月2回配信)"
LEGAL = {
    "legal_name": "株式会社日の出ストア",
    "postal_address": "〒100-0001 東京都千代田区千代田1-1",
    "contact_address": "support@hinode.test",
}
PEOPLE = (
    ("akari.hino@gmail.test", "陽乃", "あかり", "札幌"),
    ("kotaro-sasaki@docomo.test", "佐々木", "光太郎", "仙台"),
    ("m.yamanouchi.from.the.very.long.street@icloud.test", "山之内", "美智子", "南富良野"),
    ("ken@yahoo.test", "田中", "健", "名古屋"),
    ("olivia@outlook.test", "Martin", "Olivia", "Kobe"),
)
NEWSLETTER = (
    Path(__file__).resolve().parent.parent.parent / "relay_saas/console/demo/newsletter.mjml"
).read_text(encoding="utf-8")
PROVIDERS = {"gmail.test": 46, "docomo.test": 19, "yahoo.test": 17, "icloud.test": 11, "outlook.test": 7}
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
#: category, state, share of the refusals, code, reply
REPLIES = (
    (
        "recipient_unknown",
        A.BOUNCED,
        61,
        550,
        "550 5.1.1 The email account that you tried to reach does not exist",
    ),
    ("mailbox_full", A.DEFERRED, 25, 452, "452 4.2.2 メールボックスの容量を超えています / over quota"),
    ("rate_limited", A.DEFERRED, 48, 421, "421 4.7.28 Our system has detected an unusual rate of mail"),
    ("content_policy", A.BOUNCED, 9, 554, f"554 5.7.1 {HOSTILE} refused by local policy {'x' * 90}"),
    ("suppressed", A.SUPPRESSED, 4, None, ""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A launched campaign's figures."""

    audience: int = 0
    by_state: dict[AttemptState, int] = field(default_factory=dict)
    #: Minutes over which it was delivered, and how long ago it was launched.
    minutes: int = 40
    ago: timedelta = timedelta(minutes=42)
    #: (opened, clicked, unsubscribed) by people; machines add a tenth.
    engaged: tuple[int, int, int] = (0, 0, 0)
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One campaign."""

    key: str
    name: str
    subject: str
    state: Campaign.State
    sending: Sending | None = None
    preheader: str = "会員さまだけのご案内 / For members"


PLOTS = (
    Plot(
        key="cancelled",
        name="【誤送信につき中止】夏の在庫一掃セール",
        subject="夏の在庫一掃セールのお知らせ",
        state=State.CANCELLED,
        sending=Sending(
            audience=5000,
            by_state={A.DELIVERED: 1210, A.BOUNCED: 9, A.CANCELLED: 3781},
            minutes=6,
            ago=timedelta(days=12),
            engaged=(102, 14, 3),
        ),
    ),
    Plot(
        key="sent",
        name="11月の新着のお知らせ",
        subject="{{ contact.last_name }} {{ contact.first_name }}様、11月の新着のお知らせ",
        state=State.SENT,
        sending=Sending(
            audience=10_000,
            by_state={
                A.DELIVERED: 9706,
                A.BOUNCED: 232,
                A.FAILED: 1,
                A.SUPPRESSED: 41,
                A.EXPIRED: 18,
                A.IN_DOUBT: 2,
            },
            minutes=34,
            ago=timedelta(days=3),
            engaged=(3120, 846, 37),
            left_out={"unsubscribed": 301, "suppressed": 83, "smtputf8": 1},
        ),
    ),
    Plot(
        key="paused",
        name="ポイント失効前のご案内(年末・法人会員さま向け・第2回)",
        subject="【重要】{{ contact.last_name }}様のポイントは12月31日に失効します",
        state=State.PAUSED,
        sending=Sending(
            audience=2400,
            by_state={A.DELIVERED: 1033, A.BOUNCED: 71, A.SUPPRESSED: 3},
            minutes=9,
            engaged=(120, 31, 2),
        ),
    ),
    Plot(
        key="sending",
        name="冬の大感謝祭のお知らせとお得なクーポンのご案内",
        subject="冬の大感謝祭が始まりました。会員さま限定クーポンつき",
        state=State.SENDING,
        sending=Sending(
            audience=12_840,
            by_state={A.DELIVERED: 8120, A.BOUNCED: 96, A.SUPPRESSED: 12},
            # A little ahead, so that it is still being sent when the last picture is taken.
            minutes=47,
            engaged=(902, 211, 5),
            left_out={"unsubscribed": 1904, "suppressed": 301},
        ),
    ),
    Plot(
        key="scheduled",
        name="年末年始の営業時間のお知らせ",
        subject="年末年始の営業時間のお知らせ",
        state=State.SCHEDULED,
    ),
    Plot(
        key="launching",
        name="初売り福袋の先行予約",
        subject="初売り福袋の先行予約を始めました",
        state=State.LAUNCHING,
        sending=Sending(ago=timedelta(seconds=4)),
    ),
    Plot(
        key="draft",
        name="12月のおすすめ特集(下書き・要確認)",
        subject="{{ contact.last_name }}様へ、12月のおすすめ特集",
        state=State.DRAFT,
    ),
    Plot(
        key="faulty", name="テスト", subject="{{ contact.frist_name }}様へ", state=State.DRAFT, preheader=""
    ),
)
