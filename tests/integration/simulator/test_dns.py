"""The simulator's name server, asked by dnspython."""

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.update
import pytest

from tests.integration.simulator.world import World, simulator


def texts(message: dns.message.Message) -> list[str]:
    return sorted(rdata.to_text() for rrset in message.answer for rdata in rrset)


@pytest.mark.parametrize("tcp", [False, True])
def test_a_provider_has_several_mail_exchangers_with_addresses(plain: World, tcp: bool) -> None:
    mx = plain.ask("gmail.test", "MX", tcp=tcp)
    assert mx.flags & dns.flags.AA
    assert texts(mx)[1:] == ["20 alt2.gmail-smtp-in.l.gmail-mail.test.", "5 gmail-smtp-in.l.gmail-mail.test."]
    assert texts(plain.ask("gmail-smtp-in.l.gmail-mail.test", "A", tcp=tcp)) == ["127.20.1.1"]


def test_an_address_leads_back_to_its_host(plain: World) -> None:
    assert texts(plain.ask("1.1.20.127.in-addr.arpa", "PTR")) == ["gmail-smtp-in.l.gmail-mail.test."]
    assert plain.ask("9.9.20.127.in-addr.arpa", "PTR").rcode() == dns.rcode.NXDOMAIN


def test_a_name_without_that_type_is_not_an_absent_name(plain: World) -> None:
    nodata = plain.ask("gmail.test", "AAAA")
    absent = plain.ask("nobody-has-this.test", "A")
    empty = plain.ask("l.gmail-mail.test", "A")
    assert (nodata.rcode(), nodata.answer) == (dns.rcode.NOERROR, [])
    assert absent.rcode() == dns.rcode.NXDOMAIN
    assert empty.rcode() == dns.rcode.NOERROR
    assert all(message.authority[0].rdtype.name == "SOA" for message in (nodata, absent, empty))


def test_other_zones_are_refused(plain: World) -> None:
    assert plain.ask("example.com", "A").rcode() == dns.rcode.REFUSED
    assert plain.publish("example.com.", ("www", 60, "A", "192.0.2.1")) == dns.rcode.NOTAUTH


def test_published_records_are_served_and_aliases_are_followed(plain: World) -> None:
    long_key = "v=DKIM1; k=rsa; p=" + "A" * 400
    rcode = plain.publish(
        "relay.test.",
        ("r1.x1.dkim", 60, "TXT", f'"{long_key[:255]}" "{long_key[255:]}"'),
        ("mx1", 60, "A", "127.30.0.1"),
    )
    assert rcode == dns.rcode.NOERROR
    plain.publish("alias.test.", ("r1._domainkey.news", 60, "CNAME", "r1.x1.dkim.relay.test."))
    answer = plain.ask("r1._domainkey.news.alias.test", "TXT")
    assert [rrset.rdtype.name for rrset in answer.answer] == ["CNAME", "TXT"]
    assert b"".join(answer.answer[1][0].strings).decode() == long_key
    assert texts(plain.ask("1.0.30.127.in-addr.arpa", "PTR")) == ["mx1.relay.test."]


def test_a_record_can_be_taken_away(plain: World) -> None:
    plain.publish("gone.test.", ("www", 60, "A", "127.30.0.9"))
    update = dns.update.UpdateMessage("gone.test.")
    update.present("www")
    update.delete("www", "A")
    assert dns.query.udp(update, "127.0.0.1", port=plain.dns_port).rcode() == dns.rcode.NOERROR
    assert plain.ask("www.gone.test", "A").rcode() == dns.rcode.NXDOMAIN


def test_an_unmet_prerequisite_changes_nothing(plain: World) -> None:
    update = dns.update.UpdateMessage("never.test.")
    update.present("www", "A")
    update.add("www", 60, "A", "127.30.0.9")
    assert dns.query.tcp(update, "127.0.0.1", port=plain.dns_port).rcode() == dns.rcode.NXRRSET
    assert plain.ask("www.never.test", "A").rcode() == dns.rcode.NXDOMAIN


def test_an_answer_too_long_for_udp_is_cut_and_whole_over_tcp(plain: World) -> None:
    plain.publish("long.test.", ("@", 60, "TXT", " ".join(f'"{"x" * 250}{number}"' for number in range(8))))
    query = dns.message.make_query("long.test", "TXT", use_edns=False)
    cut = dns.query.udp(query, "127.0.0.1", port=plain.dns_port)
    assert cut.flags & dns.flags.TC
    assert len(plain.ask("long.test", "TXT", tcp=True).answer[0][0].strings) == 8


def test_a_zone_can_fail_as_its_profile_says(odd: World) -> None:
    assert odd.ask("broken-dns.test", "MX").rcode() == dns.rcode.SERVFAIL


def test_records_survive_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("kept")
    with simulator(folder, "plain", "--no-judge") as world:
        world.publish("kept.test.", ("www", 60, "A", "127.30.0.7"), ("old", 60, "A", "127.30.0.8"))
        update = dns.update.UpdateMessage("kept.test.")
        update.delete("old")
        dns.query.tcp(update, "127.0.0.1", port=world.dns_port)
    with simulator(folder, "plain", "--no-judge") as world:
        assert texts(world.ask("www.kept.test", "A")) == ["127.30.0.7"]
        assert world.ask("old.kept.test", "A").rcode() == dns.rcode.NXDOMAIN
