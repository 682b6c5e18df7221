"""A real API server behind the same face as the embedded cluster, so that the same tests drive both."""

import ssl
import threading

from tests.real.apiserver import ApiServer
from tests.support.deployed import until_allowed
from tests.support.embedded import Embedded


class Real(Embedded):
    """Nothing is started or stopped here: the server is the whole session's."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.url = server.url
        self.state = server.kubeconfig.parent
        self._connections = threading.local()
        self._all = []
        self._admin = server.token

    @property
    def ca(self):
        return self.state / "ca.pem"

    @property
    def kubeconfig(self):
        return self.server.kubeconfig

    @property
    def token(self) -> str:
        return self.server.token

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.server.ca)

    def service_account(self, namespace, name, rules=()) -> str:
        """As the embedded cluster's; a real authorizer learns of a binding a moment later."""
        token = super().service_account(namespace, name, rules)
        for rule in rules:
            until_allowed(self, f"system:serviceaccount:{namespace}:{name}", namespace, rule)
        return token

    def close(self) -> None:
        for connection in self._all:
            connection.close()
