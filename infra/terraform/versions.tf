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

provider "google" {
  project = var.project
  region  = var.region
}

# These files also grant rights inside the cluster, so you must be an administrator of the cluster to apply them.
provider "kubernetes" {
  host                   = "https://${local.host}"
  cluster_ca_certificate = var.dns_endpoint ? null : base64decode(local.authority)
  token                  = data.google_client_config.me.access_token
}
