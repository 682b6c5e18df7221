locals {
  gke = merge(
    { KUBE_AUTH = "gke", GKE_HOST = local.host, WORKERS = "1" },
    # A public authority signs the DNS-based endpoint's certificate, the cluster's own authority that of the address.
    var.dns_endpoint ? {} : { GKE_CA = local.authority },
    length(var.namespaces) == 0 ? {} : { MANAGED_NAMESPACE = join(",", var.namespaces) },
  )
  secrets = length(var.webhook_namespaces) == 0 ? {} : {
    SECRET_STORE = "google"
    SECRET_NAME  = "projects/${var.project}/secrets/${var.prefix}-webhook-clients-{namespace}/versions/${var.secret_version}"
  }
  in_google = length(var.webhook_namespaces) > 0
  hosts = length(var.git_hosts.namespaces) == 0 || !local.in_google ? {} : {
    SECRET_STORE     = "google"
    HOST_SECRET_NAME = "projects/${var.project}/secrets/${var.prefix}-hosts-{namespace}/versions/${var.secret_version}"
  }
  recovery = length(var.git_hosts.recover) == 0 ? {} : merge(
    { RECOVER_NAMESPACES = join(",", var.git_hosts.recover) },
    local.secrets,
  )
  functions = {
    cron = {
      memory      = "512Mi"
      concurrency = 8
      instances   = max(1, var.shards)
      timeout     = 60
      environment = merge(
        local.gke,
        { DEFAULT_TIMEZONE = var.default_timezone },
        local.hosts,
        local.recovery,
        var.environment.cron,
      )
      least   = var.min_instances.cron
      ingress = var.ingress.cron
    }
    events = {
      memory      = "256Mi"
      concurrency = 64
      instances   = var.max_instances
      timeout     = 30
      environment = merge(local.gke, local.secrets, local.hosts, local.sink, var.environment.events)
      least       = var.min_instances.events
      ingress     = var.ingress.events
    }
  }
}

locals {
  packages = {
    cron   = coalesce(var.packages.cron, "${path.module}/../../build/cron.zip")
    events = coalesce(var.packages.events, "${path.module}/../../build/events.zip")
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
  name                        = "${var.project}-${var.prefix}-source"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true
  labels                      = var.labels
}

# `make package` builds these; the same source gives the same archive, so nothing is deployed twice.
resource "google_storage_bucket_object" "source" {
  for_each = local.functions
  bucket   = google_storage_bucket.source.name
  name     = "${each.key}-${filesha256(local.packages[each.key])}.zip"
  source   = local.packages[each.key]

  lifecycle {
    precondition {
      condition     = fileexists(local.packages[each.key])
      error_message = "${local.packages[each.key]} is not there: run `make package`, or name the archives in `packages`."
    }
  }
}

resource "google_cloudfunctions2_function" "function" {
  for_each = local.functions
  name     = "${var.prefix}-${each.key}"
  location = var.region
  labels   = var.labels

  build_config {
    runtime         = "python312"
    entry_point     = each.key
    service_account = local.builder
    # The build compiles the source, and then sets the times of all files to 1980. With this, what it compiled goes by
    # a hash; by time it would be out of date, and compiled again at each cold start.
    environment_variables = { SOURCE_DATE_EPOCH = "315532801" }
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
    min_instance_count               = each.value.least
    max_instance_count               = each.value.instances
    timeout_seconds                  = each.value.timeout
    ingress_settings                 = each.value.ingress
    vpc_connector                    = var.vpc.connector == "" ? null : var.vpc.connector
    vpc_connector_egress_settings    = var.vpc.connector == "" ? null : var.vpc.egress
    environment_variables            = each.value.environment
  }

  lifecycle {
    precondition {
      condition     = each.value.least <= each.value.instances
      error_message = "min_instances is more than the most: raise max_instances (events) or shards (cron)."
    }
    precondition {
      condition     = !var.bursts || each.key != "events" || each.value.ingress == "ALLOW_ALL"
      error_message = "With bursts Pub/Sub calls the events function from outside: ingress.events must be ALLOW_ALL."
    }
    precondition {
      condition     = lookup(each.value.environment, "WORKERS", "") == "1"
      error_message = "WORKERS must stay 1, because each worker has its own limits: raise max_instances instead."
    }
  }

  depends_on = [google_project_service.needed, google_project_iam_member.build]
}
