"""What a tenant's Git hosts cost: the neighbour's questions to his own are answered meanwhile."""

import base64
import json
import threading
import time

import pytest
from tests.isolation import githosts
from tests.isolation.conftest import memory
from tests.support import functions
from tests.support.deployed import bound
from tests.support.events import MAY_SUBMIT, SECRET, Place

PERMISSION = json.dumps({"permission": "admin", "role_name": "admin"}).encode()


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    with githosts.hosts(tmp_path_factory.mktemp("hosts")) as found:
        yield found


@pytest.fixture
def asking(embedded, own, hosts):
    authority, _ = hosts
    kubeconfig = own("events")
    bound(embedded, "triggerfish-events-hosts", "triggerfish-events")
    settings = {"KUBECONFIG": kubeconfig, "HOST_ADDRESSES": "private", "HOST_CA": str(authority)}
    with functions.start("events", settings) as function:
        yield function


def place_of(embedded, function, *credentials):
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "github.com", MAY_SUBMIT)
    found = Place(embedded, function, namespace, token)
    found.template()
    found.clients(github_com=json.dumps({"type": "github", "secret": SECRET, "repositories": ["*"]}))
    texts = {f"c{number:02}": json.dumps(each).encode() for number, each in enumerate(credentials)}
    data = {name: base64.b64encode(text).decode() for name, text in texts.items()}
    body = {"metadata": {"name": "triggerfish-hosts"}, "data": data}
    assert embedded.request("POST", f"/api/v1/namespaces/{namespace}/secrets", body)[0] == 201
    found.binding("asks", 'git.permission == "admin"', '"x"')
    return found


def push(repository, number):
    return {
        "ref": "refs/heads/main",
        "before": "0" * 40,
        "after": f"{number:040x}",
        "repository": {"full_name": repository},
        "sender": {"login": f"somebody-{number}", "id": number},
    }


@pytest.mark.parametrize("answer", [githosts.never, githosts.without_end])
def test_a_tenant_s_hosts_keep_no_answer_from_the_neighbour(embedded, asking, hosts, answer):
    _, new = hosts
    mine = {"type": "github", "url": new(lambda _: PERMISSION).url, "token": "x", "repositories": ["*"]}
    neighbour = place_of(embedded, asking, mine)
    evil = [new(answer) for _ in range(8)]
    tenant = place_of(
        embedded,
        asking,
        *[
            {"type": "github", "url": evil[n % 8].url, "token": f"x{n}", "repositories": [f"org{n}/*"]}
            for n in range(50)
        ],
    )
    ends = threading.Event()

    def send(number):
        while not ends.is_set():
            number += 97
            tenant.github(push(f"org{number % 50}/app", number))
            time.sleep(0.01)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1)
        slowest = 0.0
        for number in range(12):
            began = time.monotonic()
            assert neighbour.github(push("own/app", number)).status == 200
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 2
        assert memory(asking) < 200 << 20
    finally:
        ends.set()
        for thread in threads:
            thread.join()
