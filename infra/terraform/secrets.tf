# One secret for each namespace; its text is the YAML that the Kubernetes Secret would have: a client for each service
# account. Terraform does not set its value: see README.md.
resource "google_secret_manager_secret" "clients" {
  for_each  = toset(var.webhook_namespaces)
  secret_id = "${var.prefix}-webhook-clients-${each.value}"
  labels    = var.labels
  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_iam_member" "clients" {
  for_each  = google_secret_manager_secret.clients
  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function["events"].member
}

# The clients say which webhooks' lost deliveries are asked for again.
resource "google_secret_manager_secret_iam_member" "recovered" {
  for_each  = toset([for each in var.git_hosts.recover : each if contains(var.webhook_namespaces, each)])
  secret_id = google_secret_manager_secret.clients[each.value].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function["cron"].member
}

# Credentials for Git hosts, likewise: their text is the YAML that the Kubernetes Secret triggerfish-hosts would have.
resource "google_secret_manager_secret" "hosts" {
  for_each  = toset(local.in_google ? var.git_hosts.namespaces : [])
  secret_id = "${var.prefix}-hosts-${each.value}"
  labels    = var.labels
  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_iam_member" "hosts" {
  for_each = {
    for pair in setproduct(keys(google_secret_manager_secret.hosts), ["cron", "events"]) : "${pair[0]}/${pair[1]}" => {
      namespace = pair[0]
      function  = pair[1]
    }
  }
  secret_id = google_secret_manager_secret.hosts[each.value.namespace].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}
