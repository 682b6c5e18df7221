resource "google_service_account" "function" {
  for_each     = local.functions
  account_id   = "${var.prefix}-${each.key}"
  display_name = "Triggerfish: the ${each.key} function"
}

resource "google_service_account" "scheduler" {
  account_id   = "${var.prefix}-scheduler"
  display_name = "Triggerfish: calls the cron function every minute"
}

# Only this one permission is needed to pass the DNS-based endpoint; after that Kubernetes' own RBAC decides.
resource "google_project_iam_custom_role" "connect" {
  count       = var.dns_endpoint ? 1 : 0
  role_id     = "${replace(var.prefix, "-", "_")}_connect"
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

# Cloud Build builds the functions as this account: it reads the source, writes the image, writes its log, and no more. The
# project's default account, which others use too, has no part in it.
resource "google_service_account" "build" {
  count        = var.build_service_account == "" ? 1 : 0
  account_id   = "${var.prefix}-build"
  display_name = "Triggerfish: builds the functions"
}

resource "google_project_iam_member" "build" {
  for_each = var.build_service_account != "" ? toset([]) : toset([
    "roles/artifactregistry.writer",
    "roles/logging.logWriter",
    "roles/storage.objectViewer",
  ])
  project = var.project
  role    = each.value
  member  = google_service_account.build[0].member
}

locals {
  builder = var.build_service_account != "" ? var.build_service_account : google_service_account.build[0].id
}
