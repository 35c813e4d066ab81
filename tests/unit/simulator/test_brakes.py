"""Brakes: they count each key by itself, bite, and let go again."""

from relay_saas.simulator.profiles.model import Brake, MxHost, Provider
from relay_saas.simulator.smtp.marks import link_hosts, signers
from relay_saas.simulator.smtp.policy import Asked, Policy

SIGNED = (
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=News.A.test;\r\n s=r1; b=abc\r\n"
    b"DKIM-Signature: v=1; a=ed25519-sha256; d=platform.test; s=e1; b=abc\r\n"
    b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b'<a href=3D"http://t.news.a.test/c/1">one</a> https://shop.test/=\r\nx http://[broken\r\n'
)


def policy(**brake: object) -> Policy:
    given = {"name": "b", "by": "address", "reply": ("421 4.7.28 {ip} {key}",), "most": 2, "seconds": 10.0}
    return Policy(
        Provider(
            name="a",
            title="A",
            domains=("a.test",),
            mx=(MxHost(name="mx.a.test", address="127.20.1.1"),),
            brakes=(Brake(**{**given, **brake}),),  # type: ignore[arg-type]
        ),
        1,
    )


def said(made: Policy, now: float, **asked: object) -> str:
    refusal = made.braked("dot", Asked(**{"client": "127.30.0.1", **asked}), now)  # type: ignore[arg-type]
    return refusal.reply.decode().strip() if refusal else ""


def test_more_than_allowed_is_refused_until_the_window_has_passed() -> None:
    made = policy()
    assert [said(made, at) for at in (0, 1)] == ["", ""]
    assert said(made, 2) == "421 4.7.28 127.30.0.1 127.30.0.1"
    assert said(made, 2, client="127.30.0.2") == ""


def test_a_pause_refuses_everything_and_then_ends() -> None:
    made = policy(pause=5.0, times=1)
    answers = [bool(said(made, at)) for at in (0, 1, 2, 6.9, 7.1, 7.2, 7.3, 7.4)]
    assert answers == [False, False, True, True, False, False, False, False]


def test_a_brake_may_look_at_one_signer_or_link_alone() -> None:
    made = policy(by="dkim", only=("news.a.test",), most=0, pause=9.0)
    assert said(made, 0, content=SIGNED) == "421 4.7.28 127.30.0.1 news.a.test"
    assert said(made, 0, content=SIGNED.replace(b"News.A", b"News.B")) == ""
    assert said(policy(by="url", only=("shop.test",), most=0), 0, content=SIGNED).endswith("shop.test")
    assert said(policy(by="sender", most=0), 0, sender="b1@RP.a.test").endswith("rp.a.test")


def test_signers_and_links_are_read_from_the_decoded_message() -> None:
    assert signers(SIGNED) == ("news.a.test", "platform.test")
    assert link_hosts(SIGNED) == ("t.news.a.test", "shop.test")
    assert link_hosts(b"\r\nno links") == ()
