"""What the command line asks for, as one frozen value that the children are given as JSON."""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One run of the simulator."""

    #: Folder of all files; the only place that is written to.
    data: str
    #: Name of a folder in profiles/, or a path to one.
    scenario: str = "everyday"
    dns_port: int = 5300
    smtp_port: int = 2525
    mailboxes_port: int = 8025
    #: host:port of the tracking edge to which recipients' requests go; empty: nobody reacts.
    edge: str = ""
    #: host:port of the relay's mail server, for bounces, complaints and answers; empty: nobody writes.
    inbound: str = ""
    seed: int = 1
    judge: bool = True
    recipients: bool = True
    smtp_processes: int = 1

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data)

    @property
    def edge_address(self) -> tuple[str, int] | None:
        """Host and port of the edge, or None."""
        return _address(self.edge)

    @property
    def inbound_address(self) -> tuple[str, int] | None:
        """Host and port of the relay's mail server, or None."""
        return _address(self.inbound)

    def to_json(self) -> str:
        """The options on a child's command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Options":
        """The options as a child reads them."""
        return cls(**json.loads(text))


def _address(text: str) -> tuple[str, int] | None:
    host, _, port = text.rpartition(":")
    return (host, int(port)) if host else None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a run on a parser."""
    parser.add_argument("--data", required=True, help="folder for logs, messages and records")
    parser.add_argument("--scenario", default="everyday", help="a scenario's name, or a folder of profiles")
    parser.add_argument("--dns-port", type=int, default=5300)
    parser.add_argument("--smtp-port", type=int, default=2525)
    parser.add_argument("--mailboxes-port", type=int, default=8025)
    parser.add_argument("--edge", default="", help="host:port of the tracking edge")
    parser.add_argument("--inbound", default="", help="host:port at which the relay takes bounces")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judge", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--recipients", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--smtp-processes", type=int, default=1)


def options_of(arguments: argparse.Namespace) -> Options:
    """The options out of parsed arguments."""
    values = vars(arguments)
    return Options(**{name: values[name] for name in Options.__dataclass_fields__})
