# A root that calls the module: copy it, and change the values. The providers are here, as a module must not have any.
terraform {
  required_version = ">= 1.6"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.12"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = "~> 2.33"
    }
  }
}

locals {
  project = "my-project"
  region  = "europe-west3"
  cluster = { name = "argo", location = "europe-west3" }
}

provider "google" {
  project = local.project
  region  = local.region
}

data "google_client_config" "me" {}

data "google_container_cluster" "argo" {
  name     = local.cluster.name
  location = local.cluster.location
}

# The module also grants rights inside the cluster, so you must be an administrator of the cluster to apply it.
provider "kubernetes" {
  host  = "https://${data.google_container_cluster.argo.control_plane_endpoints_config[0].dns_endpoint_config[0].endpoint}"
  token = data.google_client_config.me.access_token
}

module "triggerfish" {
  source = "../"

  project    = local.project
  region     = local.region
  cluster    = local.cluster
  namespaces = ["argo"]

  environment = {
    # Watch for a while beside Argo's own controller: plan, write nothing, report differences.
    cron   = { MODE = "shadow" }
    events = { DELIVERY_RECORD = "100" }
  }
  labels = { team = "platform" }
}

output "events_url" {
  description = "Send webhooks to this address, followed by /api/v1/events/NAMESPACE/."
  value       = module.triggerfish.events_url
}
