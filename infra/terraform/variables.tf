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

variable "prefix" {
  description = "How every name begins. Two installations in one project need two."
  type        = string
  default     = "triggerfish"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.prefix))
    error_message = "2 to 20 lower-case letters, digits and dashes: a service account's name has 30 at most."
  }
}

variable "labels" {
  description = "Labels of everything that can have some."
  type        = map(string)
  default     = {}
}

variable "namespaces" {
  description = "The namespaces to work in, with rights in these alone. Empty: all namespaces."
  type        = list(string)
  default     = []
}

variable "environment" {
  description = "Settings of each function beside those that this module makes, by name (docs/settings.md): { cron = { MODE = \"shadow\" } }."
  type = object({
    cron   = optional(map(string), {})
    events = optional(map(string), {})
  })
  default = {}
}

variable "git_hosts" {
  description = "Which namespaces have credentials for Git hosts (facts on demand, REPORTS), and in which of them lost deliveries are asked for again. With webhook_namespaces they are in Secret Manager, else in Secrets of the cluster."
  type = object({
    namespaces = optional(list(string), [])
    recover    = optional(list(string), [])
  })
  default = {}

  validation {
    condition     = length(setsubtract(var.git_hosts.recover, var.git_hosts.namespaces)) == 0
    error_message = "git_hosts.recover names namespaces of git_hosts.namespaces alone: without a credential no host is asked."
  }
}

variable "packages" {
  description = "The archives of the functions. Empty: those that `make package` builds in this checkout."
  type = object({
    cron   = optional(string)
    events = optional(string)
  })
  default = {}
}

variable "build_service_account" {
  description = "The account that builds the functions: projects/PROJECT/serviceAccounts/EMAIL. Empty: one with the rights for that alone is made."
  type        = string
  default     = ""
}

variable "min_instances" {
  description = "Instances that are kept warm. They cost money while idle; a cold start costs a delivery about a second."
  type = object({
    cron   = optional(number, 0)
    events = optional(number, 0)
  })
  default = {}
}

variable "ingress" {
  description = "Who reaches each function: ALLOW_ALL, ALLOW_INTERNAL_ONLY or ALLOW_INTERNAL_AND_GCLB. Cloud Scheduler counts as internal."
  type = object({
    cron   = optional(string, "ALLOW_ALL")
    events = optional(string, "ALLOW_ALL")
  })
  default = {}

  validation {
    condition = alltrue([
      for each in values(var.ingress) : contains(["ALLOW_ALL", "ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"], each)
    ])
    error_message = "ALLOW_ALL, ALLOW_INTERNAL_ONLY or ALLOW_INTERNAL_AND_GCLB."
  }
}

variable "vpc" {
  description = "A VPC connector by which the functions reach a private control plane or secrets behind a perimeter, and what goes through it."
  type = object({
    connector = optional(string, "")
    egress    = optional(string, "PRIVATE_RANGES_ONLY")
  })
  default = {}

  validation {
    condition     = contains(["PRIVATE_RANGES_ONLY", "ALL_TRAFFIC"], var.vpc.egress)
    error_message = "vpc.egress is PRIVATE_RANGES_ONLY or ALL_TRAFFIC."
  }
}

variable "secret_version" {
  description = "The version of each webhook secret that is read: latest, or a number to roll out a new one by hand."
  type        = string
  default     = "latest"

  validation {
    condition     = can(regex("^(latest|[1-9][0-9]*)$", var.secret_version))
    error_message = "latest, or a version's number."
  }
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
