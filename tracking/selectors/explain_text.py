"""The story of a message in words, for a terminal."""

from collections.abc import Iterator
from typing import Any, Final

_WHY: Final = {
    "sending": "a queue run holds it: it is on its way now",
    "paused": "its campaign is paused",
    "cancelled": "its campaign is cancelled: it will be settled",
    "domain": "its sending domain is paused: its DNS records are missing or have changed",
    "suspended": "sending there is suspended",
    "slowed": "sending there is slowed down",
    "retry": "the last attempt asked for patience",
    "later": "it is not due yet",
    "route": "the domain's servers are not known yet",
    "no_sender": "no queue run speaks from the addresses that it may leave by",
    "turn": "its turn: it is due, and others are before it",
}


def explain_lines(told: dict[str, Any]) -> Iterator[str]:
    """The document of explain_document, line by line."""
    yield f"{told['message']} ({told['uuid']}) to {told['recipient']}: {told['state']}"
    yield from _origin(told)
    content, route = told["content"], told["route"]
    yield f"  content {content['id']} from {content['from']}, subject {content['subject']!r}"
    yield f"  Message-ID {content['message_id']}, Date {content['date'] or 'fixed by the first attempt'}"
    signed = ", ".join(f"{one['selector']} ({one['algorithm']})" for one in told["signed_by"])
    yield f"  signed for {content['sending_domain']} by {signed or 'no active key'}"
    yield (
        f"  route {route['domain']} (DNS: {route['dns']}) -> site {route['site'] or 'not known'} "
        f"-> provider {route['provider'] or 'not known'}"
    )
    if lane := told["lane"]:
        yield f"  lane {lane['id']}: pool {lane['pool']}, source {lane['source'] or 'any of the pool'}"
    for one in told["attempts"]:
        yield from _attempt(one)
    yield from _next(told["next_attempt"])
    for one in told["suppressions"]:
        mine = ", because of this message" if one["made_by_this_message"] else ""
        why = f"{one['reason']}{mine} {one['detail']}".rstrip()
        yield f"suppressed since {one['since']} for {one['scope']}: {why}"
    for one in told["engagements"]:
        link = "" if one["link"] is None else f" link {one['link']}"
        who = f" by a machine ({one['reason']})" if one["machine"] else ""
        yield f"{one['kind']}{link} at {one['at']}{who}"


def _origin(told: dict[str, Any]) -> Iterator[str]:
    origin = told["from"]
    via = "accepted"
    if "campaign" in origin:
        via = f"written by campaign {origin['campaign']} “{origin['name']}” ({origin['state']})"
    elif origin:
        request = f", request {origin['request_id']}" if origin["request_id"] else ""
        via = f"accepted as {origin['submission']} by {origin['channel']}{request}"
    yield f"  {via} at {told['accepted_at']} for {told['tenant']}, stream {told['stream']}"


def _attempt(one: dict[str, Any]) -> Iterator[str]:
    response = one["response"]
    code = f"{response['code']} " if response else ""
    stage = f" at {response['command']}" if response and response["command"] else ""
    yield f"attempt {one['attempt']} at {one['event_time']}: {one['state']}{stage}"
    if response:
        # Replies carry their own code and enhanced code where the server gave them.
        said = response["content"]
        yield f"  said {said if said.startswith(code.strip()) else code + said}"
    if one["category"] or one["rule"]:
        yield f"  class {one['category'] or '-'}, rule {one['rule'] or '-'}"
    if one["peer_address"]:
        yield _path(one)
    if one["size"] is not None:
        yield f"  {one['size']} octets"
    if one["timings"]:
        yield "  " + ", ".join(f"{name} {milliseconds} ms" for name, milliseconds in one["timings"].items())
    if one["in_doubt"]:
        yield "  in doubt: the last byte was written, the answer was lost"
    if one["next_attempt_time"]:
        yield f"  to be tried again at {one['next_attempt_time']}"
    for line in (one["transcript"] or "").splitlines():
        yield f"  | {line}"


def _path(one: dict[str, Any]) -> str:
    ours = f"{one['source_address'] or '-'} ({one['egress_source'] or '-'}, pool {one['egress_pool'] or '-'})"
    peer = one["peer_address"]
    theirs = f"{peer['name']} [{peer['addr']}]:{peer['port']}" if peer["addr"] else peer["name"]
    tls = {True: "TLS", False: "no TLS", None: "TLS not known"}[one["tls"]]
    if one["tls_cipher"]:
        tls = f"{one['tls_protocol_version']} {one['tls_cipher']}"
    return f"  {ours} -> {theirs}, {tls}"


def _next(told: dict[str, Any] | None) -> Iterator[str]:
    if told is None:
        return
    yield f"next attempt: due {told['due_at']}, given up at {told['expires_at']}; it waits because"
    for wait in told["waits_for"]:
        until = f", until {wait['until']}" if wait["until"] else ""
        detail = f" ({wait['detail']})" if wait["detail"] else ""
        yield f"  {_WHY[wait['why']]}{detail}{until}"
        if policy := wait["policy"]:
            rule = f", rule {policy['rule']}" if policy["rule"] else ""
            yield f"    policy {policy['id']} set by {policy['set_by']}{rule}: {policy['reason']}"
            if policy["evidence"]:
                yield f"    because it said: {policy['evidence']}"
