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
  shipped = {
    for role in [
      for document in split("\n---\n", file("${path.module}/../kubernetes/base/rbac.yaml")) : yamldecode(document)
    ] : role.metadata.name => role.rules
  }
  # Which function has which role, and its rules as this deployment grants them.
  usual = {
    "triggerfish-cron"           = "cron"
    "triggerfish-cron-owner"     = "cron"
    "triggerfish-cron-templates" = "cron"
    "triggerfish-events"         = "events"
  }
  # Secrets of the cluster, where they are not in Secret Manager.
  bound = merge(
    local.usual,
    local.in_google || length(var.git_hosts.namespaces) == 0 ? {} : {
      "triggerfish-cron-hosts"   = "cron"
      "triggerfish-events-hosts" = "events"
    },
    local.in_google || length(var.git_hosts.recover) == 0 ? {} : {
      "triggerfish-cron-recover" = "cron"
    },
  )
  rules = {
    for name, function in local.bound : name => [
      for rule in local.shipped[name] : {
        api_groups = rule.apiGroups
        resources  = rule.resources
        verbs      = rule.verbs
        # This deployment has its own list of the accounts that the function may act as.
        resource_names = (
          contains(rule.resources, "serviceaccounts/token")
          ? var.webhook_accounts
          : try(rule.resourceNames, [])
        )
      }
      # Without a name the rule would be the right to become anybody.
      if !contains(rule.resources, "serviceaccounts/token") || length(var.webhook_accounts) > 0
    ]
  }
  # In each of the namespaces, or in all of them at once.
  everywhere = length(var.namespaces) == 0 ? local.bound : {}
  somewhere = {
    for pair in setproduct(var.namespaces, keys(local.bound)) : "${pair[0]}/${pair[1]}" => {
      namespace = pair[0]
      role      = pair[1]
    }
  }
}

# Inside the cluster a Google service account is a user whose name is its e-mail address.
resource "kubernetes_cluster_role_v1" "function" {
  for_each = local.everywhere
  metadata {
    name   = replace(each.key, "triggerfish", var.prefix)
    labels = var.labels
  }
  dynamic "rule" {
    for_each = local.rules[each.key]
    content {
      api_groups     = rule.value.api_groups
      resources      = rule.value.resources
      verbs          = rule.value.verbs
      resource_names = rule.value.resource_names
    }
  }
}

resource "kubernetes_cluster_role_binding_v1" "function" {
  for_each = local.everywhere
  metadata {
    name   = kubernetes_cluster_role_v1.function[each.key].metadata[0].name
    labels = var.labels
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = kubernetes_cluster_role_v1.function[each.key].metadata[0].name
  }
  subject {
    api_group = "rbac.authorization.k8s.io"
    kind      = "User"
    name      = google_service_account.function[each.value].email
  }
}

resource "kubernetes_role_v1" "function" {
  for_each = local.somewhere
  metadata {
    name      = replace(each.value.role, "triggerfish", var.prefix)
    namespace = each.value.namespace
    labels    = var.labels
  }
  dynamic "rule" {
    for_each = local.rules[each.value.role]
    content {
      api_groups     = rule.value.api_groups
      resources      = rule.value.resources
      verbs          = rule.value.verbs
      resource_names = rule.value.resource_names
    }
  }
}

resource "kubernetes_role_binding_v1" "function" {
  for_each = local.somewhere
  metadata {
    name      = kubernetes_role_v1.function[each.key].metadata[0].name
    namespace = each.value.namespace
    labels    = var.labels
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "Role"
    name      = kubernetes_role_v1.function[each.key].metadata[0].name
  }
  subject {
    api_group = "rbac.authorization.k8s.io"
    kind      = "User"
    name      = google_service_account.function[local.bound[each.value.role]].email
  }
}
