"""Which API server, and as whom: the pod's own files, a kubeconfig, or a cloud by settings.

The pod, static tokens and certificates are read here, as cold start counts; exec and auth-provider plugins
are left to the ``kubernetes`` package, and a cloud's tokens to its file in ``identities``, imported when set.
"""

from __future__ import annotations

import asyncio
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from triggerfish.errors import SettingError
from triggerfish.kube import files
from triggerfish.kube.files import POD_FILES
from triggerfish.kube.identities.registry import IDENTITIES
from triggerfish.kube.tokens import Authorization, Fixed, Lease, Leased, TokenFile
from triggerfish.kube.transport import ClientCertificate, Server
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

if TYPE_CHECKING:
    from triggerfish.kube.kubeconfig import Context

# A plugin's token is asked for again this often; the plugin itself knows when a new one is due.
_plugin_seconds = 30.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """The API server and the function's own identity there."""

    server: Server
    authorization: Authorization = field(repr=False)
    certificate: ClientCertificate | None = field(default=None, repr=False)


async def load(settings: Settings, clock: Clock, *, pod_files: str = POD_FILES) -> Credentials:
    """The credentials that the settings say; ``SettingError`` names what is missing."""
    if settings.kube_auth in IDENTITIES:
        return Credentials(*IDENTITIES[settings.kube_auth](settings, clock))
    if settings.kubeconfig:
        return await _kubeconfig(settings.kubeconfig, clock)
    if settings.kubernetes_service_host:
        return _pod(settings, pod_files)
    raise SettingError("KUBECONFIG is unset, and this is no pod: there is no cluster")


def _pod(settings: Settings, folder: str) -> Credentials:
    host = settings.kubernetes_service_host
    authority = f"[{host}]" if ":" in host else host
    url = f"https://{authority}:{settings.kubernetes_service_port}"
    token = TokenFile(posixpath.join(folder, "token"))
    token.read()
    return Credentials(Server(url, files.text(posixpath.join(folder, "ca.crt"))), token)


async def _kubeconfig(paths: str, clock: Clock) -> Credentials:
    # A pod needs no YAML.
    from triggerfish.kube.kubeconfig import current_context

    context = current_context(files.kubeconfigs(paths))
    server = Server(
        context.server, files.read(context.ca), context.verify, tls_name=context.tls_name, proxy=context.proxy
    )
    if context.plugin:
        return await _plugin(paths, server, clock)
    return Credentials(server, _static(context), _certificate(context))


def _static(context: Context) -> Authorization:
    if context.token.path:
        return TokenFile(context.token.path)
    return Fixed(context.token.text or None)


def _certificate(context: Context) -> ClientCertificate | None:
    if not context.certificate:
        return None
    return ClientCertificate(files.read(context.certificate), files.read(context.key))


async def _plugin(paths: str, server: Server, clock: Clock) -> Credentials:
    configuration = await asyncio.to_thread(_run_plugin, paths)
    if configuration.cert_file:
        pair = ClientCertificate(files.text(configuration.cert_file), files.text(configuration.key_file))
        return Credentials(server, Fixed(), pair)

    async def ask() -> Lease:
        # Its hook runs the plugin again when the token it gave has expired.
        header = await asyncio.to_thread(configuration.get_api_key_with_prefix, "BearerToken")
        return Lease(_bearer(header), _plugin_seconds)

    authorization = Leased(clock, ask)
    await authorization.token()
    return Credentials(server, authorization)


def _run_plugin(paths: str) -> Any:
    from kubernetes import client, config  # here: 150 ms that only a plugin needs

    configuration = client.Configuration()
    try:
        load: Any = config.load_kube_config
        load(paths, client_configuration=configuration, persist_config=False)
    except (config.ConfigException, OSError) as error:
        raise SettingError(f"KUBECONFIG: its plugin failed: {type(error).__name__}") from None
    return configuration


def _bearer(header: str | None) -> str:
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        # Going on without would be going on as somebody else: anonymous.
        raise SettingError(
            "KUBECONFIG: its plugin printed no token and no certificate; run kubectl to see why"
        )
    return token
