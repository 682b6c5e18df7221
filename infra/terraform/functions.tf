locals {
  gke = merge(
    { KUBE_AUTH = "gke", GKE_HOST = local.host, WORKERS = "1" },
    # A public authority signs the DNS-based endpoint's certificate, the cluster's own authority that of the address.
    var.dns_endpoint ? {} : { GKE_CA = local.authority },
    var.managed_namespace == "" ? {} : { MANAGED_NAMESPACE = var.managed_namespace },
  )
  secrets = length(var.webhook_namespaces) == 0 ? {} : {
    SECRET_STORE = "google"
    SECRET_NAME  = "projects/${var.project}/secrets/triggerfish-webhook-clients-{namespace}"
  }
  functions = {
    cron = {
      memory      = "512Mi"
      concurrency = 8
      instances   = max(1, var.shards)
      timeout     = 60
      environment = merge(local.gke, { DEFAULT_TIMEZONE = var.default_timezone })
    }
    events = {
      memory      = "256Mi"
      concurrency = 64
      instances   = var.max_instances
      timeout     = 30
      environment = merge(local.gke, local.secrets, local.sink)
    }
  }
}

resource "google_project_service" "needed" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudscheduler.googleapis.com",
    "container.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
  ])
  service            = each.value
  disable_on_destroy = false
}

resource "google_storage_bucket" "source" {
  name                        = "${var.project}-triggerfish-source"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true
}

# `make package` builds these; the same source gives the same archive, so nothing is deployed twice.
resource "google_storage_bucket_object" "source" {
  for_each = local.functions
  bucket   = google_storage_bucket.source.name
  name     = "${each.key}-${filesha256("${path.module}/../../build/${each.key}.zip")}.zip"
  source   = "${path.module}/../../build/${each.key}.zip"
}

resource "google_cloudfunctions2_function" "function" {
  for_each = local.functions
  name     = "triggerfish-${each.key}"
  location = var.region

  build_config {
    runtime     = "python312"
    entry_point = each.key
    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.source[each.key].name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.function[each.key].email
    available_cpu                    = "1"
    available_memory                 = each.value.memory
    max_instance_request_concurrency = each.value.concurrency
    max_instance_count               = each.value.instances
    timeout_seconds                  = each.value.timeout
    ingress_settings                 = "ALLOW_ALL"
    environment_variables            = each.value.environment
  }

  depends_on = [google_project_service.needed]
}
