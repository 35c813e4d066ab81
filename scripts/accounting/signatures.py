"""Verifies signatures from the receivers' bytes and keys by DNS: dkimpy on all, OpenDKIM on some, and
that tampering fails."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import dkim
import dns.exception
import dns.resolver

Lookup = Callable[..., bytes | None]
_SIGNED = re.compile(rb"\bh=([^;]+);", re.DOTALL)
#: The values of all DKIM-Signature fields, folded lines included.
_SIGNATURES = re.compile(rb"^dkim-signature:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.IGNORECASE | re.MULTILINE)


def lookup_at(server: str) -> Lookup:
    """dkimpy's `dnsfunc` on one DNS server (`host:port`), remembering answers for this run."""
    host, _, port = server.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [host], int(port)
    known: dict[bytes, bytes | None] = {}

    def find(name: bytes, timeout: int = 5) -> bytes | None:
        if name not in known:
            try:
                answer = resolver.resolve(name.decode(), "TXT", lifetime=timeout)
                known[name] = b"".join(answer[0].strings)
            except dns.exception.DNSException:
                known[name] = None
        return known[name]

    return find


def algorithms_that_verify(raw: bytes, find: Lookup) -> set[str]:
    """The algorithms (`rsa-sha256`, `ed25519-sha256`) whose signature on the message verifies."""
    verified = set()
    for index, algorithm in enumerate(signature_algorithms(raw)):
        try:
            if dkim.DKIM(raw).verify(idx=index, dnsfunc=find):
                verified.add(algorithm)
        except dkim.DKIMException:
            continue
    return verified


def signature_algorithms(raw: bytes) -> list[str]:
    """`a=` of each DKIM-Signature, from the top."""
    head = raw.partition(b"\r\n\r\n")[0]
    fields = _SIGNATURES.findall(head)
    return [tags_of(field)[b"a"].decode() for field in fields]


def tags_of(field: bytes) -> dict[bytes, bytes]:
    """The tags of one DKIM-Signature, without white space."""
    parts = (part.partition(b"=") for part in re.sub(rb"\s", b"", field).split(b";"))
    return {name: value for name, _equals, value in parts if name}


def signed_headers(raw: bytes) -> list[bytes]:
    """The names in `h=` of the first signature that stand in the message."""
    found = _SIGNED.search(raw)
    names = re.sub(rb"\s", b"", found.group(1)).split(b":") if found else []
    head = raw.partition(b"\r\n\r\n")[0].lower()
    return [name for name in dict.fromkeys(names) if b"\r\n" + name.lower() + b":" in head]


def tampered(raw: bytes) -> Iterable[tuple[str, bytes]]:
    """The message with one byte changed, in the body and in each signed header in turn."""
    head, blank, body = raw.partition(b"\r\n\r\n")
    at = next(place for place, byte in enumerate(body) if chr(byte).isalnum())
    yield "body", head + blank + body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    for name in signed_headers(raw):
        start = head.lower().index(b"\r\n" + name.lower() + b":") + len(name) + 3
        place = next(at for at in range(start, len(head)) if chr(head[at]).isalnum())
        changed = head[:place] + bytes([head[place] ^ 1]) + head[place + 1 :]
        yield name.decode(), changed + blank + body


def opendkim_verified(messages: Sequence[bytes], find: Lookup) -> int:
    """How many messages' RSA signatures OpenDKIM verifies; it is handed the keys' records, since it
    knows no other DNS port."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records, paths = {}, []
        for number, raw in enumerate(messages):
            selector, domain = rsa_identity(raw)
            record = f"{selector}._domainkey.{domain}"
            records[record] = (find(f"{record}.".encode()) or b"").decode()
            paths.append(folder / f"{number}.eml")
            paths[-1].write_bytes(raw)
        (folder / "keys").write_text("".join(f"{record} {text}\n" for record, text in records.items()))
        config = folder / "opendkim.conf"
        config.write_text(f"Mode v\nTestDNSData {folder / 'keys'}\nSyslog no\n")
        command = ["opendkim", "-x", str(config), "-v", "-t", ",".join(map(str, paths))]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return len(re.findall(r"verification \(s=.*\) succeeded", said))


def rsa_identity(raw: bytes) -> tuple[str, str]:
    """(selector, domain) of the RSA signature."""
    head = raw.partition(b"\r\n\r\n")[0]
    for field in _SIGNATURES.findall(head):
        tags = tags_of(field)
        if tags[b"a"] == b"rsa-sha256":
            return tags[b"s"].decode(), tags[b"d"].decode()
    raise ValueError("no RSA signature")
