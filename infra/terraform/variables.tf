variable "project" {
  description = "The Google Cloud project of the functions."
  type        = string
}

variable "region" {
  description = "The region of the functions; best the region of the cluster."
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
  description = "Reach the control plane by its DNS-based endpoint, which a private cluster needs; otherwise by its address."
  type        = bool
  default     = true
}

variable "managed_namespace" {
  description = "The only namespace to work in; empty: all namespaces."
  type        = string
  default     = ""
}

variable "webhook_accounts" {
  description = "The Kubernetes service accounts that webhooks may act as, by name: the keys of the webhook clients."
  type        = list(string)
  default     = ["github.com"]
}

variable "webhook_namespaces" {
  description = "The namespaces whose webhook clients are in Secret Manager. Empty: they are in Kubernetes Secrets."
  type        = list(string)
  default     = []
}

variable "default_timezone" {
  description = "The time zone of a CronWorkflow that names none."
  type        = string
  default     = "UTC"
}

variable "shards" {
  description = "The number of scheduler jobs; each ticks its shard of the CronWorkflows. One is enough for thousands."
  type        = number
  default     = 1

  validation {
    condition     = var.shards >= 1 && var.shards <= 64
    error_message = "Between 1 and 64 shards."
  }
}

variable "max_instances" {
  description = "The highest number of instances of the events function; each handles 64 requests at a time."
  type        = number
  default     = 10
}

variable "bursts" {
  description = "Let verified deliveries wait in Pub/Sub if more arrive than the cluster handles at once."
  type        = bool
  default     = false
}

variable "bring_back_dead" {
  description = "Bring back the dead letters, after their cause is fixed."
  type        = bool
  default     = false
}

variable "alert_channels" {
  description = "The notification channels for missed ticks and for dead letters."
  type        = list(string)
  default     = []
}
