"""infra/kubernetes: what the policies of each overlay and component let through, setting by setting."""

import ipaddress
from dataclasses import dataclass, field

import pytest
from tests.infra.test_kubernetes import COMPONENTS, OVERLAYS, needs_kubectl, rendered

pytestmark = needs_kubectl

METADATA, GKE_METADATA, POD_IDENTITY = "169.254.169.254", "169.254.169.252", "169.254.170.23"
OUTSIDE, NODE = "203.0.113.7", "10.0.0.1"


@dataclass(frozen=True)
class Peer:
    """A pod by its labels and those of its namespace, or an address."""

    address: str = ""
    pod: dict[str, str] = field(default_factory=dict)
    namespace: dict[str, str] = field(default_factory=dict)


def named(name: str, **labels: str) -> dict[str, str]:
    return {"kubernetes.io/metadata.name": name, **labels}


def matches(selector: dict, labels: dict[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}, "this evaluator knows no more"
    return selector.get("matchLabels", {}).items() <= labels.items()


def is_peer(given: dict, peer: Peer, home: str) -> bool:
    """As NetworkPolicyPeer is defined: an address, or pods of this namespace, or of those selected."""
    if block := given.get("ipBlock"):
        assert set(block) == {"cidr"}
        return bool(peer.address) and ipaddress.ip_address(peer.address) in ipaddress.ip_network(
            block["cidr"]
        )
    if peer.address:
        return False
    selected = given.get("namespaceSelector")
    here = peer.namespace.get("kubernetes.io/metadata.name") == home
    return (here if selected is None else matches(selected, peer.namespace)) and matches(
        given.get("podSelector", {}), peer.pod
    )


def is_port(given: dict, port: int | str, protocol: str) -> bool:
    return given.get("protocol", "TCP") == protocol and given.get("port", port) == port


def allows(
    objects: list[dict], pod: str, direction: str, peer: Peer, port: int | str, protocol: str = "TCP"
) -> bool:
    """Whether some policy that selects the pod allows it; a pod that none selects may do anything."""
    policies = [
        item
        for item in objects
        if item["kind"] == "NetworkPolicy"
        and direction in item["spec"]["policyTypes"]
        and matches(item["spec"]["podSelector"], {"app.kubernetes.io/name": f"triggerfish-{pod}"})
    ]
    assert policies, f"no policy is about the {direction} of {pod}"
    side = {"Ingress": "from", "Egress": "to"}[direction]
    return any(
        (side not in rule or any(is_peer(each, peer, item["metadata"]["namespace"]) for each in rule[side]))
        and ("ports" not in rule or any(is_port(each, port, protocol) for each in rule["ports"]))
        for item in policies
        for rule in item["spec"].get(direction.lower(), [])
    )


DNS = Peer(pod={"k8s-app": "kube-dns"}, namespace=named("kube-system"))
BROKER = Peer(pod={"app": "mt-broker-ingress"}, namespace=named("knative-eventing"))
COLLECTOR = Peer(pod={"app": "otel"}, namespace=named("observability"))
STRANGER = Peer(pod={"app": "miner"}, namespace=named("team-a"))
# What a setting needs beside the default: (setting, component, function, peer, port, protocol).
NEEDS = [
    ("SECRET_STORE=google, K_SINK=pubsub://", "egress-google-events", "events", Peer(METADATA), 80, "TCP"),
    ("SECRET_STORE=google on GKE", "egress-google-events", "events", Peer(GKE_METADATA), 988, "TCP"),
    ("KUBE_AUTH=gke", "egress-google-cron", "cron", Peer(METADATA), 80, "TCP"),
    ("KUBE_AUTH=gke on GKE", "egress-google-cron", "cron", Peer(GKE_METADATA), 988, "TCP"),
    ("SECRET_STORE=aws, Pod Identity", "egress-aws-events", "events", Peer(POD_IDENTITY), 80, "TCP"),
    ("SECRET_STORE=aws, Pod Identity, IPv6", "egress-aws-events", "events", Peer("fd00:ec2::23"), 80, "TCP"),
    ("SECRET_STORE=aws, the node", "egress-aws-events", "events", Peer(METADATA), 80, "TCP"),
    ("KUBE_AUTH=eks, Pod Identity", "egress-aws-cron", "cron", Peer(POD_IDENTITY), 80, "TCP"),
    ("KUBE_AUTH=eks, the node", "egress-aws-cron", "cron", Peer(METADATA), 80, "TCP"),
    ("SECRET_STORE=vault", "egress-vault", "events", Peer(OUTSIDE), 8200, "TCP"),
    ("K_SINK=http://broker-ingress", "egress-broker", "events", BROKER, 8080, "TCP"),
    ("K_SINK=http://broker", "egress-broker", "events", BROKER, 80, "TCP"),
    ("HEARTBEAT_URL=http://", "egress-heartbeat", "cron", Peer(OUTSIDE), 80, "TCP"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT, cron", "egress-traces", "cron", COLLECTOR, 4318, "TCP"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT, events", "egress-traces", "events", COLLECTOR, 4318, "TCP"),
    ("an API server at 8443, cron", "egress-api-server", "cron", Peer(NODE), 8443, "TCP"),
    ("an API server at 16443, events", "egress-api-server", "events", Peer(NODE), 16443, "TCP"),
]
# What works as installed: DNS, the API server, and whatever has HTTPS.
DEFAULT = [
    pytest.param(DNS, 53, "UDP", id="DNS"),
    pytest.param(DNS, 53, "TCP", id="DNS by TCP"),
    pytest.param(DNS, 5353, "UDP", id="DNS of OpenShift"),
    pytest.param(DNS, 5353, "TCP", id="DNS of OpenShift by TCP"),
    pytest.param(Peer(NODE), 443, "TCP", id="API server, Google, HTTPS heartbeats and brokers"),
    pytest.param(Peer(NODE), 6443, "TCP", id="API server at its own port"),
]
NEVER = [
    pytest.param(Peer(OUTSIDE), 22, "TCP", id="SSH"),
    pytest.param(Peer(OUTSIDE), 25, "TCP", id="mail"),
    pytest.param(Peer(OUTSIDE), 3333, "TCP", id="anything outside"),
    pytest.param(Peer(METADATA), 8080, "TCP", id="the metadata server at another port"),
    pytest.param(Peer(NODE), 10250, "TCP", id="the kubelet"),
    pytest.param(Peer(NODE), 2379, "TCP", id="etcd"),
    pytest.param(STRANGER, 8080, "TCP", id="a pod of a tenant"),
    pytest.param(STRANGER, 443, "UDP", id="QUIC"),
]


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def installed(overlay: str) -> dict[str, list[dict]]:
    """The objects of the overlay alone, with each component, and with all."""
    alone = {"": rendered(overlay), "all": rendered(overlay, *COMPONENTS)}
    return alone | {component: rendered(overlay, component) for component in COMPONENTS}


@pytest.mark.parametrize("function", ["cron", "events"])
@pytest.mark.parametrize(("peer", "port", "protocol"), DEFAULT)
def test_what_every_installation_needs_is_open(installed, function, peer, port, protocol):
    assert allows(installed[""], function, "Egress", peer, port, protocol)


@pytest.mark.parametrize("function", ["cron", "events"])
@pytest.mark.parametrize(("peer", "port", "protocol"), NEVER)
def test_what_nothing_needs_is_closed_even_with_all_components(installed, function, peer, port, protocol):
    objects = [item for name in COMPONENTS if name != "egress-broker" for item in installed[name]]
    assert not allows(objects, function, "Egress", peer, port, protocol)


def openers(function: str, peer: Peer, port: int) -> set[str]:
    """The components that some setting needs for just this, and the one that opens the port to everybody."""
    found = {component for _, component, who, *given, _ in NEEDS if (who, *given) == (function, peer, port)}
    return found | ({"egress-heartbeat"} if (function, port) == ("cron", 80) else set())


@pytest.mark.parametrize(
    ("component", "function", "peer", "port", "protocol"),
    [pytest.param(*row, id=setting) for setting, *row in NEEDS],
)
def test_what_a_setting_needs_is_open_with_its_component_alone(
    installed, component, function, peer, port, protocol
):
    expected = {*openers(function, peer, port), "all"}
    assert component in expected
    for name, objects in installed.items():
        assert allows(objects, function, "Egress", peer, port, protocol) is (name in expected), name


@pytest.mark.parametrize("component", sorted({row[1] for row in NEEDS}))
def test_a_component_opens_nothing_for_the_function_that_it_is_not_about(installed, component):
    about = {function for _, name, function, *_ in NEEDS if name == component}
    for other in {"cron", "events"} - about:
        for _, _, _, peer, port, protocol in NEEDS:
            assert not allows(installed[component], other, "Egress", peer, port, protocol), (
                other,
                peer,
                port,
            )


def test_every_component_of_egress_is_in_the_table():
    assert {component for _, component, *_ in NEEDS} == set(COMPONENTS) - {"cronjob"}


def test_who_reaches_which_function(installed, overlay):
    home = OVERLAYS[overlay]
    tick = Peer(pod={"app.kubernetes.io/name": "triggerfish-tick"}, namespace=named(home))
    elsewhere = Peer(pod=tick.pod, namespace=named("team-a"))
    scraper = Peer(
        pod={"app": "prometheus"}, namespace=named("monitoring", **{"triggerfish.dev/scrapes": "true"})
    )
    for name, objects in installed.items():
        reached = {
            who: allows(objects, "cron", "Ingress", peer, "http")
            for who, peer in (
                ("scraper", scraper),
                ("tick", tick),
                ("stranger", STRANGER),
                ("like it", elsewhere),
            )
        }
        # The function ticks by itself: only with the CronJob somebody calls it.
        by_job = name in ("cronjob", "all")
        assert reached == {"scraper": True, "tick": by_job, "stranger": False, "like it": False}, name
        assert allows(objects, "events", "Ingress", STRANGER, "http")
        assert not allows(objects, "events", "Ingress", STRANGER, 22)


def test_the_pod_of_the_cronjob_reaches_the_function_and_names_alone(installed, overlay):
    function = Peer(pod={"app.kubernetes.io/name": "triggerfish-cron"}, namespace=named(OVERLAYS[overlay]))
    objects = installed["all"]
    assert allows(objects, "tick", "Egress", function, "http")
    assert allows(objects, "tick", "Egress", DNS, 53, "UDP")
    assert allows(objects, "tick", "Egress", DNS, 5353, "UDP")
    for peer, port in ((Peer(NODE), 443), (Peer(METADATA), 80), (STRANGER, "http")):
        assert not allows(objects, "tick", "Egress", peer, port)
