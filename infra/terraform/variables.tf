variable "project" {
  description = "The Google Cloud project of the functions."
  type        = string
}

variable "region" {
  description = "Where the functions run: the cluster's own region is the best."
  type        = string
}

variable "cluster" {
  description = "The GKE cluster that runs Argo Workflows: its name, and its region or zone."
  type = object({
    name     = string
    location = string
  })
}

variable "dns_endpoint" {
  description = "Reach the control plane by its DNS-based endpoint, as a private cluster needs; else by its address."
  type        = bool
  default     = true
}

variable "managed_namespace" {
  description = "Work in this namespace only; empty: in all."
  type        = string
  default     = ""
}

variable "webhook_accounts" {
  description = "The Kubernetes service accounts that webhooks may act as, by name: the keys of the webhook clients."
  type        = list(string)
  default     = ["github.com"]
}

variable "webhook_namespaces" {
  description = "With secrets in Secret Manager: the namespaces that have webhook clients. Empty: Kubernetes Secrets."
  type        = list(string)
  default     = []
}

variable "default_timezone" {
  description = "The time zone of a CronWorkflow that names none."
  type        = string
  default     = "UTC"
}

variable "shards" {
  description = "Scheduler jobs, each with its share of the CronWorkflows. One is enough for thousands."
  type        = number
  default     = 1

  validation {
    condition     = var.shards >= 1 && var.shards <= 64
    error_message = "Between 1 and 64 shards."
  }
}

variable "max_instances" {
  description = "Instances of the events function at most; each takes 64 requests at once."
  type        = number
  default     = 10
}

variable "bursts" {
  description = "Verified deliveries wait in Pub/Sub when more come than the cluster takes at once."
  type        = bool
  default     = false
}

variable "bring_back_dead" {
  description = "Bring back the deliveries that could not be made in their time, now that what was wrong is mended."
  type        = bool
  default     = false
}

variable "alert_channels" {
  description = "Notification channels that hear of missed ticks and of deliveries that could not be made."
  type        = list(string)
  default     = []
}
