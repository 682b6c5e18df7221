"""The function's AWS role: keys from where the platform gives them, kept until shortly before they end.

The order is that of AWS's own SDKs: the environment (Lambda), a web identity (a service account with a role),
a container's endpoint (EKS Pod Identity, ECS), the instance.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from triggerfish.errors import SettingError, Unanswered
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.clouds.asking import CloudAnswer, CloudRefused, ask, refused, token_text
from triggerfish.runtime.clouds.sigv4 import AwsKeys
from triggerfish.settings import Settings

# AWS renews the keys of a container and of an instance at least this long before they end.
_early_seconds = 300.0
_own_seconds = 3600.0
_container_host = "http://169.254.170.2"
# Where plain HTTP may go with a pod's token: the addresses of ECS and of EKS Pod Identity, and this machine.
_container_hosts = ("169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "127.0.0.1", "[::1]", "localhost")
_session = "triggerfish"


@dataclass(frozen=True, slots=True)
class _Dated:
    keys: AwsKeys = field(repr=False)
    seconds: float


class AwsIdentity:
    """The keys to sign with. ``SettingError`` at once when no region is known."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.region = settings.aws_region or settings.aws_default_region
        if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d+", self.region):
            raise SettingError(f"AWS_REGION is {self.region!r}; it takes a region, such as eu-central-1")
        self._settings, self._clock = settings, clock
        self._cache: Cache[None, _Dated] = Cache(clock, life=lambda found: found.seconds)

    async def keys(self) -> AwsKeys:
        """Keys that are good for a while; ``CloudRefused`` or ``Unanswered`` when none are given."""
        return (await self._cache.get(None, self._ask)).keys

    def refused(self, keys: AwsKeys) -> None:
        """Somebody answered that these have ended: ask for others next time."""
        self._cache.drop(None, lambda found: found.keys == keys)

    @property
    def sts(self) -> str:
        """The URL of the region's Security Token Service."""
        return self._settings.aws_endpoint_url_sts or f"https://sts.{self.region}.{_domain(self.region)}"

    @property
    def secrets_manager(self) -> str:
        """The URL of the region's Secrets Manager."""
        own = self._settings.aws_endpoint_url_secrets_manager
        return own or f"https://secretsmanager.{self.region}.{_domain(self.region)}"

    async def _ask(self) -> _Dated:
        settings = self._settings
        if settings.aws_access_key_id:
            return _Dated(
                AwsKeys(
                    settings.aws_access_key_id, settings.aws_secret_access_key, settings.aws_session_token
                ),
                _own_seconds,
            )
        way: Callable[[], Coroutine[Any, Any, _Dated]] = self._instance
        if settings.aws_web_identity_token_file:
            way = self._web_identity
        elif settings.aws_container_credentials_full_uri or settings.aws_container_credentials_relative_uri:
            way = self._container
        return await way()

    async def _web_identity(self) -> _Dated:
        settings = self._settings
        if not settings.aws_role_arn:
            raise SettingError("AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not; set both")
        token = await asyncio.to_thread(token_text, settings.aws_web_identity_token_file)
        form = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": settings.aws_role_arn,
            "RoleSessionName": _session,
            "WebIdentityToken": token,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await ask("AWS STS", "POST", f"{self.sts}/", headers=headers, body=urlencode(form).encode())
        found = _xml(answer)
        if answer.status != 200:
            raise refused(
                "AWS STS", answer, found.get("Code", ""), f"the trust policy of {settings.aws_role_arn}"
            )
        return self._dated("AWS STS", found, ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"))

    async def _container(self) -> _Dated:
        settings = self._settings
        url = settings.aws_container_credentials_full_uri
        if not url:
            url = f"{_container_host}{settings.aws_container_credentials_relative_uri}"
        parts = urlsplit(url)
        if parts.scheme != "https" and (parts.scheme != "http" or not _is_container(parts.netloc)):
            raise SettingError(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI takes an https:// URL, or http:// to the container's host"
            )
        headers = {}
        if settings.aws_container_authorization_token_file:
            headers["Authorization"] = await asyncio.to_thread(
                token_text, settings.aws_container_authorization_token_file
            )
        answer = await ask("AWS's container endpoint", "GET", url, headers=headers, proxy=False)
        found = answer.json()
        if answer.status != 200:
            raise refused(
                "AWS's container endpoint",
                answer,
                str(found.get("code") or found.get("Code") or ""),
                "the pod's role (EKS Pod Identity association)",
            )
        return self._dated(
            "AWS's container endpoint", found, ("AccessKeyId", "SecretAccessKey", "Token", "Expiration")
        )

    async def _instance(self) -> _Dated:
        base = self._settings.aws_ec2_metadata_service_endpoint.rstrip("/")
        who = "the instance's metadata service"
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        try:
            answer = await ask(who, "PUT", f"{base}/latest/api/token", headers=headers, proxy=False)
        except Unanswered as error:
            raise CloudRefused(
                f"no AWS identity: no AWS_ACCESS_KEY_ID, no AWS_WEB_IDENTITY_TOKEN_FILE, no "
                f"AWS_CONTAINER_CREDENTIALS_FULL_URI, and {error}; give the function a role"
            ) from None
        if answer.status != 200:
            raise refused(who, answer, "", "whether it is enabled, and its hop limit for containers")
        seen = {"X-aws-ec2-metadata-token": answer.body.decode("ascii", "replace")}
        place = f"{base}/latest/meta-data/iam/security-credentials/"
        answer = await ask(who, "GET", place, headers=seen, proxy=False)
        role = answer.body.decode("ascii", "replace").strip()
        if answer.status != 200 or not re.fullmatch(r"[\w+=,.@-]+", role):
            raise refused(who, answer, "", "whether the instance has a role")
        answer = await ask(who, "GET", f"{place}{role}", headers=seen, proxy=False)
        if answer.status != 200:
            raise refused(who, answer, "", "the instance's role")
        return self._dated(who, answer.json(), ("AccessKeyId", "SecretAccessKey", "Token", "Expiration"))

    def _dated(self, who: str, found: dict[str, Any], names: tuple[str, ...]) -> _Dated:
        values = [found.get(name) for name in names]
        if not all(isinstance(value, str) and value for value in values):
            raise Unanswered(f"{who} answered without keys")
        access, secret, session, ends = map(str, values)
        try:
            left = (datetime.fromisoformat(ends) - self._clock.now()).total_seconds()
        except (ValueError, TypeError):
            raise Unanswered(f"{who} answered without the time when its keys end") from None
        # Short-lived ones are used for half of their life, so that none is asked for at each request.
        return _Dated(AwsKeys(access, secret, session), max(left - _early_seconds, left / 2))


def _is_container(place: str) -> bool:
    host = place.rpartition(":")[0] if re.search(r":\d+$", place) else place
    return host in _container_hosts


def _domain(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _xml(answer: CloudAnswer) -> dict[str, str]:
    """Every leaf of an XML answer by its name without namespace."""
    # Entities are how XML attacks its readers; STS sends none.
    if b"<!" in answer.body:
        return {}
    try:
        root = ElementTree.fromstring(answer.body)  # noqa: S314  no declaration can be in it
    except ElementTree.ParseError:
        return {}
    return {each.tag.rpartition("}")[2]: each.text or "" for each in root.iter() if len(each) == 0}
