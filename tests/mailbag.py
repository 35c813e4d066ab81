"""Five hundred messages of all kinds: what each is made from, and what a person is meant to read in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import escape

from relay_saas.mail.mime import Attachment

NAME, POINTS, LINK = "{{ contact.name }}", "{{ contact.points }}", "{{ relay_link[0] }}"
DOMAIN = "news.acme.test"

SENTENCES = {
    "en": "Autumn is here: 20% off everything = the best time to buy.",
    "de": "Größere Auswahl, gleiche Preise – nur für kurze Zeit, überall.",
    "ja": "秋の新作コレクションが入荷しました。今週のご注文は送料無料です。",
    "zh": "秋季新品上市，本周下单免运费。",
    "ko": "가을 신상품이 입고되었습니다. 이번 주 주문은 무료 배송입니다.",
    "ar": "وصلت تشكيلة الخريف الجديدة، والشحن مجاني هذا الأسبوع.",
    "he": "הקולקציה החדשה לסתיו הגיעה, והמשלוח חינם השבוע.",
    "th": "คอลเลกชันใหม่มาแล้ว จัดส่งฟรีสัปดาห์นี้",
    "emoji": "🍁🍂 Sale! 👩‍👩‍👧‍👦 🇯🇵 ❤️ 100% 🎉",
    "odd": ".\n.. dots\nFrom me to you\n  two  blanks \t tab\nlong " + "word " * 60 + "\n--=_x\n\n\nend",
}
SUBJECTS = (
    f"{NAME}",
    f"Hello {NAME}, you have {POINTS} points",
    f"{NAME}様、秋の新作コレクションのお知らせ。今週のご注文は送料無料、ポイント{POINTS}倍です。" * 3,
    f"=?utf-8?q?not_meant?= {NAME}",
    "Unusually-long-words-" * 12 + NAME,
    f"🍁 {NAME} 🎉 " * 12,
)
NAMES = (
    "Ann",
    "O'Brien & <Sons>",
    "花子",
    "محمد",
    "Zoë 🎈",
    'The "Boss"',
    "Renée=équipe",
    "李小龍",
    ".dot",
    "From Ann",
)
RECIPIENTS = (
    "ann@gmail.test", '"a..b"@docomo.ne.jp', "ann+tag@yahoo.test", "x" * 60 + "@long.test",
    "o'brien@acme.test",
    '".dot."@docomo.ne.jp', "under_score-@two.test", "123@four.test", "ann=x@five.test", "a@xn--r8jz45g.test",
)  # fmt: skip
PDF = Attachment(name="請求書 2026年11月 – とても長い名前のファイルです.pdf", content_type="application/pdf",
                 content=b"%PDF\x00\r\n.\r\n\xff" * 300)  # fmt: skip
LOGO = Attachment(name="logo.png", content_type="image/png", content=b"\x89PNG\r\n" * 50, content_id="logo")
NOTE = Attachment(name="note.txt", content_type="text/plain; charset=utf-8", content="こんにちは\n".encode())
FORWARD = Attachment(name="mail.eml", content_type="message/rfc822", content=b"Subject: x\r\n\r\nFrom me\r\n")
FILES: tuple[tuple[Attachment, ...], ...] = ((), (PDF,), (LOGO,), (PDF, LOGO, NOTE), (FORWARD,))
SENDERS = ("Acme", "アクメ株式会社, 東京", "", 'The "Acme" Group (Ltd.)', "A very long name of a sender " * 4)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A content: sources as a sender writes them."""

    number: int
    from_name: str
    subject: str
    html: str | None
    text: str | None
    attachments: tuple[Attachment, ...]
    marketing: bool
    headers: tuple[tuple[str, str], ...] = ()
    reply_to: str | None = None
    list_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Meant:
    """One person's message, as it is meant to be read."""

    kind: Kind
    number: int
    rcpt: str
    name: str
    points: int
    link: str = ""
    context: dict[str, object] = field(default_factory=dict)

    def subject(self) -> str:
        """Blanks at the ends and line breaks are no part of a subject."""
        return " ".join(self._filled(self.kind.subject, self.name).split())

    def text(self, link: str) -> str | None:
        """The plain text."""
        return None if self.kind.text is None else self._filled(self.kind.text, self.name).replace(LINK, link)

    def html(self, link: str) -> str | None:
        """The HTML, values escaped."""
        name = str(escape(self.name))
        return None if self.kind.html is None else self._filled(self.kind.html, name).replace(LINK, link)

    def _filled(self, source: str, name: str) -> str:
        return source.replace(NAME, name).replace(POINTS, str(self.points))


def kinds() -> Iterator[Kind]:
    """Fifty contents: every language with every shape of body."""
    for number in range(50):
        language = list(SENTENCES)[number % len(SENTENCES)]
        words = SENTENCES[language]
        shape = number // len(SENTENCES)
        text = f"{NAME}\n\n{words}\n{LINK}\n{words}" if shape != 1 else None
        html = f"<p>{NAME}</p>\n<p>{words}</p> <a href='{LINK}'>{POINTS}</a>\n<pre>  {words}</pre>\n\n"
        yield Kind(
            number=number,
            from_name=SENDERS[(number + shape) % len(SENDERS)],
            subject=SUBJECTS[number % len(SUBJECTS)],
            html=html if shape != 2 else None,
            text=text,
            attachments=FILES[(number + shape) % len(FILES)],
            marketing=number % 3 != 0,
            headers=(("X-Campaign", words[:60].replace("\n", " ")),) if number % 4 == 0 else (),
            reply_to="desk@acme.test" if number % 2 else None,
            list_name=("ニュース", "Acme, news", "")[number % 3],
        )


def people(kind: Kind) -> Iterator[Meant]:
    """Ten recipients of a content."""
    for number, (rcpt, name) in enumerate(zip(RECIPIENTS, NAMES, strict=True)):
        yield Meant(kind=kind, number=kind.number * 10 + number, rcpt=rcpt, name=name, points=number * 7)
