resource "google_service_account" "function" {
  for_each     = local.functions
  account_id   = "triggerfish-${each.key}"
  display_name = "Triggerfish: the ${each.key} function"
}

resource "google_service_account" "scheduler" {
  account_id   = "triggerfish-scheduler"
  display_name = "Triggerfish: calls the cron function every minute"
}

# Only this one permission is needed to pass the DNS-based endpoint; after that Kubernetes' own RBAC decides.
resource "google_project_iam_custom_role" "connect" {
  count       = var.dns_endpoint ? 1 : 0
  role_id     = "triggerfishConnect"
  title       = "Triggerfish: connect to the control plane"
  permissions = ["container.clusters.connect"]
}

resource "google_project_iam_member" "connect" {
  for_each = var.dns_endpoint ? local.functions : {}
  project  = var.project
  role     = google_project_iam_custom_role.connect[0].id
  member   = google_service_account.function[each.key].member
}

# Only the scheduler may call the tick.
resource "google_cloud_run_v2_service_iam_member" "tick" {
  location = var.region
  name     = google_cloudfunctions2_function.function["cron"].service_config[0].service
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler.member
}

# A Git host has no Google identity: the function itself verifies who sent a delivery.
resource "google_cloud_run_v2_service_iam_member" "deliver" {
  location = var.region
  name     = google_cloudfunctions2_function.function["events"].service_config[0].service
  role     = "roles/run.invoker"
  member   = "allUsers"
}
