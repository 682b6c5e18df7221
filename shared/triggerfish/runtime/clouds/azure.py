"""The function's Azure identity: access tokens for one resource, kept until shortly before they end.

A workload identity exchanges the pod's token (AKS); Functions and Container Apps have an endpoint.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from triggerfish.errors import SettingError, Unanswered
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.clouds.asking import CloudAnswer, ask, refused, token_text
from triggerfish.settings import Settings

_early_seconds = 300.0
_assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class AzureToken:
    """An access token and for how many seconds it may be used."""

    token: str = field(repr=False)
    seconds: float


class AzureIdentity:
    """Tokens by resource: an application ID or a URL, without ``/.default``."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        workload = (
            settings.azure_federated_token_file and settings.azure_client_id and settings.azure_tenant_id
        )
        if not workload and not settings.identity_endpoint:
            raise SettingError(
                "no Azure identity: AKS sets AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE "
                "for a pod with the label azure.workload.identity/use; Functions and Container Apps set "
                "IDENTITY_ENDPOINT"
            )
        self._settings, self._workload = settings, workload
        self._cache: Cache[str, AzureToken] = Cache(clock, life=lambda found: found.seconds)

    @property
    def kind(self) -> str:
        """``workload`` or ``endpoint``: the way that was found."""
        return "workload" if self._workload else "endpoint"

    async def lease(self, resource: str) -> AzureToken:
        """A token for that resource; ``CloudRefused`` or ``Unanswered`` when none is given."""
        return await self._cache.get(resource, lambda: self._ask(resource))

    def refused(self, resource: str, token: str) -> None:
        """The resource answered 401 to this token: ask for another next time."""
        self._cache.drop(resource, lambda found: found.token == token)

    async def _ask(self, resource: str) -> AzureToken:
        answer = await (self._exchanged(resource) if self._workload else self._given(resource))
        found = answer.json()
        who = "Microsoft Entra ID" if self._workload else "Azure's identity endpoint"
        if answer.status != 200:
            # AADSTS700213 and its like say what does not match; the sentence around it has identifiers.
            said = re.search(r"AADSTS\d+", str(found.get("error_description", "")))
            code = said[0] if said else str(found.get("error") or "")
            raise refused(
                who,
                answer,
                code,
                "the federated credential (issuer, subject, audience)"
                if self._workload
                else "the managed identity",
            )
        token, lasting = found.get("access_token"), str(found.get("expires_in", ""))
        if not isinstance(token, str) or not token or not lasting.isdigit():
            raise Unanswered(f"{who} answered without a token")
        return AzureToken(token, max(int(lasting) - _early_seconds, int(lasting) / 2))

    async def _exchanged(self, resource: str) -> CloudAnswer:
        settings = self._settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.azure_client_id,
            "scope": f"{resource}/.default",
            "client_assertion_type": _assertion,
            "client_assertion": await asyncio.to_thread(token_text, settings.azure_federated_token_file),
        }
        host = settings.azure_authority_host.rstrip("/")
        if not re.fullmatch(r"[\w.-]+", settings.azure_tenant_id):
            raise SettingError("AZURE_TENANT_ID takes a tenant's ID or domain")
        url = f"{host}/{settings.azure_tenant_id}/oauth2/v2.0/token"
        return await ask("Microsoft Entra ID", "POST", url, form=form)

    async def _given(self, resource: str) -> CloudAnswer:
        query = {"resource": resource, "api-version": "2019-08-01"}
        if self._settings.azure_client_id:
            query["client_id"] = self._settings.azure_client_id
        url = f"{self._settings.identity_endpoint}?{urlencode(query)}"
        headers = {"X-IDENTITY-HEADER": self._settings.identity_header}
        return await ask("Azure's identity endpoint", "GET", url, headers=headers, proxy=False)
