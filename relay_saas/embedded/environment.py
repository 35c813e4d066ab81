"""What each process of the product is told: the settings of docs/operating.md, filled in for one machine."""

from collections.abc import Mapping

from relay_saas.embedded import demo_secrets
from relay_saas.embedded.paths import DataDir
from relay_saas.embedded.ports import LOCAL, Ports

ZONE = "relay.test"
SUBMISSION_CERTIFICATE = "RELAY_SUBMISSION_CERTIFICATE"
SYSTEM_FROM = "Relay <no-reply@post.relay-operator.test>"
EGRESS = "shared:127.30.0.1:mx1.relay.test,shared:127.30.0.2:mx2.relay.test"
# libpq would take its defaults from PG*, and a make below the flags of the make above.
NOT_PASSED_ON = ("PG", "MAKE", "MFLAGS")


def product(data: DataDir, ports: Ports, urls: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The environment of the product's processes; what `given` sets wins, the service URLs excepted.

    `urls` are those of `services`, which have taken `given` into account already.
    """
    inherited = {name: value for name, value in given.items() if not name.startswith(NOT_PASSED_ON)}
    return {
        **defaults(data, ports),
        **demo_secrets.files(data.secrets, given),
        **demo_secrets.certificate(data.secrets, given, "RELAY_INBOUND_CERTIFICATE", host=f"inbound.{ZONE}"),
        **demo_secrets.certificate(
            data.secrets, given, SUBMISSION_CERTIFICATE, host=f"smtp.{ZONE}", addresses=[LOCAL]
        ),
        **inherited,
        **urls,
    }


def defaults(data: DataDir, ports: Ports) -> dict[str, str]:
    """The settings that have no secret in them."""
    return {
        "DJANGO_SETTINGS_MODULE": "relay_saas.settings",
        "PYTHONUNBUFFERED": "1",
        "RELAY_DNS": f"{LOCAL}:{ports.dns}",
        "RELAY_SMTP_PORT": str(ports.smtp),
        "RELAY_DELIVERY_NETWORKS": "127.20.0.0/16",
        "RELAY_ZONE": ZONE,
        "RELAY_SYSTEM_FROM": SYSTEM_FROM,
        "RELAY_ZONE_SERVER": f"{LOCAL}:{ports.dns}",
        "RELAY_EGRESS": EGRESS,
        "RELAY_BASE_URL": f"http://{LOCAL}:{ports.web}",
        "RELAY_EDGE_SCHEME_PORT": f"http::{ports.edge}",
        "RELAY_EDGE_ADDRESS": LOCAL,
        "RELAY_INBOUND_ADDRESS": LOCAL,
        "RELAY_INBOUND_PORT": str(ports.inbound),
        "RELAY_SUBMISSION_ADDRESS": LOCAL,
        # Nobody knows the zone's names outside the simulator.
        "RELAY_SUBMISSION_HOST": LOCAL,
        "RELAY_SUBMISSION_PORT": str(ports.submission),
        "RELAY_SUBMISSION_TLS_PORT": str(ports.submission_tls),
        "RELAY_SUBMISSION_PROCESSES": "1",
        "RELAY_DATA_DIR": str(data.relay),
        "RELAY_SIMULATOR_DIR": str(data.simulator),
        "RELAY_MAILBOXES_URL": f"http://{LOCAL}:{ports.mailboxes}",
        "RELAY_HOST_ID": "local",
        "RELAY_TIMINGS": "demo",
        "RELAY_STOP_GRACE": "30",
        "RELAY_QUEUE_RUNS": "2",
        "RELAY_STATIC_FROM_SOURCE": "1",
    }
