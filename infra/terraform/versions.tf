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

# The rights inside the cluster are given by whoever applies this: they need to be an administrator there.
provider "kubernetes" {
  host                   = "https://${local.host}"
  cluster_ca_certificate = var.dns_endpoint ? null : base64decode(local.authority)
  token                  = data.google_client_config.me.access_token
}
