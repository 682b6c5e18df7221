data "google_client_config" "me" {}

data "google_container_cluster" "argo" {
  name     = var.cluster.name
  location = var.cluster.location
}

locals {
  host = (
    var.dns_endpoint
    ? data.google_container_cluster.argo.control_plane_endpoints_config[0].dns_endpoint_config[0].endpoint
    : data.google_container_cluster.argo.endpoint
  )
  authority = data.google_container_cluster.argo.master_auth[0].cluster_ca_certificate

  # The roles come from infra/kubernetes, so that there is only one list of rights.
  roles = {
    for role in [
      for document in split("\n---\n", file("${path.module}/../kubernetes/base/rbac.yaml")) : yamldecode(document)
    ] : role.metadata.name => role.rules
  }
}

# Inside the cluster a Google service account is a user whose name is its e-mail address.
resource "kubernetes_cluster_role_v1" "cron" {
  metadata {
    name = "triggerfish-cron"
  }
  dynamic "rule" {
    for_each = local.roles["triggerfish-cron"]
    content {
      api_groups     = rule.value.apiGroups
      resources      = rule.value.resources
      verbs          = rule.value.verbs
      resource_names = try(rule.value.resourceNames, [])
    }
  }
}

resource "kubernetes_cluster_role_v1" "events" {
  metadata {
    name = "triggerfish-events"
  }
  dynamic "rule" {
    for_each = local.roles["triggerfish-events"]
    content {
      api_groups = rule.value.apiGroups
      resources  = rule.value.resources
      verbs      = rule.value.verbs
      # This deployment has its own list of the accounts that the function may act as.
      resource_names = (
        contains(rule.value.resources, "serviceaccounts/token")
        ? var.webhook_accounts
        : try(rule.value.resourceNames, [])
      )
    }
  }
}

resource "kubernetes_cluster_role_binding_v1" "function" {
  for_each = {
    cron   = kubernetes_cluster_role_v1.cron.metadata[0].name
    events = kubernetes_cluster_role_v1.events.metadata[0].name
  }
  metadata {
    name = each.value
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = each.value
  }
  subject {
    api_group = "rbac.authorization.k8s.io"
    kind      = "User"
    name      = google_service_account.function[each.key].email
  }
}
