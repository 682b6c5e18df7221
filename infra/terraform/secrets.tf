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
