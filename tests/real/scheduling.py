"""A plugin of pytest by which three processes share the tests, each with one server that starts once."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class ByServer(LoadScopeScheduling):
    """Argo's definitions; ours, in stories that mostly wait; ours, in everything else.

    Stories with a real Git host are a part of their own, for the process that is free first.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/real/test_gitea"):
            return "gitea"
        if "test_argo.py" in nodeid or "[argo" in nodeid:
            return "argo"
        return "stories" if nodeid.startswith("tests/real/") else "ours"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByServer:
    return ByServer(config, log)
