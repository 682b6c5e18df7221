"""Settings of the clouds' own identities. The platform sets most of them, by the names of its SDKs."""

from __future__ import annotations

from dataclasses import dataclass

from triggerfish.settings.groups import CRON, EVENTS, Group

_cluster = Group("Clusters of other clouds", (CRON, EVENTS))
_aws = Group("AWS identity", (CRON, EVENTS))
_azure = Group("Azure identity", (CRON, EVENTS))
_vault = Group("Vault", (EVENTS, CRON))


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """A part of ``Settings``."""

    eks_cluster: str = _cluster("", "With `KUBE_AUTH=eks`: the cluster's name, as AWS knows it.")
    eks_host: str = _cluster(
        "", "With `KUBE_AUTH=eks`: the API server's endpoint, a host name or `https://` URL."
    )
    eks_ca: str = _cluster(
        "", "With `KUBE_AUTH=eks`: its certificate authority, base64 of PEM, as AWS gives it."
    )
    aks_host: str = _cluster("", "With `KUBE_AUTH=aks`: the API server, a host name or `https://` URL.")
    aks_ca: str = _cluster("", "With `KUBE_AUTH=aks`: its certificate authority, base64 of PEM.")

    aws_region: str = _aws(
        "", "The region of the cluster and of the secrets; Lambda sets it.", unset="`AWS_DEFAULT_REGION`"
    )
    aws_default_region: str = _aws("", "Used when `AWS_REGION` is unset.")
    aws_access_key_id: str = _aws("", "Keys of the function's role; Lambda sets them. First choice.")
    aws_secret_access_key: str = _aws("", "The secret of `AWS_ACCESS_KEY_ID`.", secret=True)
    aws_session_token: str = _aws("", "The session of `AWS_ACCESS_KEY_ID`.", secret=True)
    aws_role_arn: str = _aws("", "The role for a service account (IRSA); EKS sets it. Second choice.")
    aws_web_identity_token_file: str = _aws("", "The token that proves the service account; EKS sets it.")
    aws_container_credentials_full_uri: str = _aws(
        "",
        "Where EKS Pod Identity gives keys; EKS sets it. Third choice. `https://`, or the address of a"
        " container's host.",
    )
    aws_container_credentials_relative_uri: str = _aws("", "The same on ECS, which sets it.")
    aws_container_authorization_token_file: str = _aws("", "The token for it; EKS sets it.")
    aws_ec2_metadata_service_endpoint: str = _aws(
        "http://169.254.169.254", "Where an instance gives the keys of its role (IMDSv2). Last choice."
    )
    aws_endpoint_url_sts: str = _aws(
        "", "Another endpoint of STS, such as a private one.", unset="the region's"
    )
    aws_endpoint_url_secrets_manager: str = _aws(
        "", "Another endpoint of Secrets Manager, such as a private one.", unset="the region's"
    )

    azure_client_id: str = _azure("", "The identity's client ID; AKS sets it for a workload identity.")
    azure_tenant_id: str = _azure("", "Its tenant; AKS sets it.")
    azure_federated_token_file: str = _azure("", "The token that proves the service account; AKS sets it.")
    azure_authority_host: str = _azure(
        "https://login.microsoftonline.com",
        "Where tokens come from; AKS sets it (sovereign clouds have their own).",
    )
    identity_endpoint: str = _azure("", "Where Azure Functions and Container Apps give tokens; they set it.")
    identity_header: str = _azure("", "What that endpoint wants to see; they set it.", secret=True)

    vault_addr: str = _vault("", "With `SECRET_STORE=vault`: the server's `https://` URL.")
    vault_namespace: str = _vault("", "Vault's own namespace (Enterprise, OpenBao, HCP).")
    vault_cacert: str = _vault(
        "", "A file with the certificate authority of that server.", unset="the system's"
    )
    vault_role: str = _vault(
        "", "The role of Vault's Kubernetes auth method that the pod's token logs in to."
    )
    vault_auth_path: str = _vault("kubernetes", "Where that auth method is mounted.")
    vault_token_file: str = _vault(
        "/var/run/secrets/kubernetes.io/serviceaccount/token",
        "The service account's token that it logs in with.",
    )
    vault_token: str = _vault("", "A Vault token instead of `VAULT_ROLE`.", secret=True)
